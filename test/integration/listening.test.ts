import { channel } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { connect, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpHandler } from '../../src/http/http-handler.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { sendRaw } from '../support/raw-http.ts';

let server: ListeningServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

const start = async (handler = async () => new Response('here'), keepAliveSeconds?: number) => {
  server = await listen({ fetch: handler }, '127.0.0.1', 0, { keepAliveSeconds });
};

function open(): Socket {
  const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
  sockets.push(socket);
  return socket;
}

/** Sends a request with keep-alive, and resolves with the answer. */
async function ask(socket: Socket): Promise<string> {
  let text = '';
  const collect = (chunk: string) => {
    text += chunk;
  };
  socket.on('data', collect);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  while (!text.endsWith('0\r\n\r\n')) await once(socket, 'data');
  socket.off('data', collect);
  return text;
}

describe('a connection without requests', () => {
  it('is kept for 75 seconds, longer than balancers keep theirs', async () => {
    await start();
    expect(await ask(open())).toMatch(/^keep-alive: timeout=75\r$/im);
  });

  it('is kept for as long as is set, and then closed', async () => {
    await start(undefined, 1);
    const socket = open();
    await ask(socket);
    const since = performance.now();
    await once(socket, 'close');
    expect(performance.now() - since).toBeGreaterThan(900);
  });
});

describe('an answer that waits to be read', () => {
  const stallMilliseconds = 200;
  const size = 16 * 1_048_576;
  const steps = new EventEmitter();

  const request = (connection: string) => `GET / HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`;

  /** Starts a server with large answers, and sends it a request. */
  async function askForMuch(connection = 'close', preparation = 0): Promise<Socket> {
    server = await listen(
      {
        async fetch() {
          await setTimeout(preparation);
          steps.emit('answered');
          return new Response('x'.repeat(size));
        },
      },
      '127.0.0.1',
      0,
      { stallMilliseconds },
    );
    const answered = once(steps, 'answered');
    const socket = open().pause();
    socket.write(request(connection));
    await answered;
    return socket;
  }

  async function readAll(socket: Socket, pause = 0): Promise<number> {
    let received = 0;
    let unpaused = 0;
    for await (const chunk of socket) {
      received += String(chunk).length;
      unpaused += String(chunk).length;
      if (pause === 0 || unpaused < 1_048_576) continue;
      unpaused = 0;
      await setTimeout(pause);
    }
    return received;
  }

  it('is given up with its connection when nothing of it is read', async () => {
    await askForMuch();
    const since = performance.now();
    // Resolves when the last connection is gone, whoever ended it.
    await server.close();
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  it('is given up as well when the client goes on asking', async () => {
    const socket = await askForMuch('keep-alive');
    for (let more = 0; more < 3; more++) socket.write(request('keep-alive'));
    const since = performance.now();
    await server.close();
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  it('goes on to be sent to who reads slowly', async () => {
    const socket = await askForMuch();
    const since = performance.now();
    expect(await readAll(socket, stallMilliseconds / 3)).toBeGreaterThan(size);
    expect(performance.now() - since).toBeGreaterThan(2 * stallMilliseconds);
  });

  it('may take longer to be prepared than to be read', async () => {
    const socket = await askForMuch('close', 2 * stallMilliseconds);
    expect(await readAll(socket)).toBeGreaterThan(size);
  });
});

describe('a server that stops', () => {
  it('closes connections without requests at once', async () => {
    await start();
    const socket = open();
    await ask(socket);
    const since = performance.now();
    await Promise.all([once(socket, 'close'), server.close()]);
    expect(performance.now() - since).toBeLessThan(1_000);
  });

  it('answers what is under way, and has the client take another connection then', async () => {
    const steps = new EventEmitter();
    await start(async () => {
      steps.emit('arrived');
      await once(steps, 'released');
      return new Response('here');
    });
    const arrived = once(steps, 'arrived');
    const socket = open();
    const answer = ask(socket);
    await arrived;
    const closed = server.close();
    steps.emit('released');
    expect(await answer).toMatch(/^connection: close\r$/im);
    await Promise.all([once(socket, 'close'), closed]);
  });

  it.each(['directly', 'ordinarily'])('sends every cookie of such an answer, %s', async (way) => {
    const steps = new EventEmitter();
    const release = async () => {
      steps.emit('arrived');
      await once(steps, 'released');
    };
    const direct = {
      takes: () => way === 'directly',
      async answer() {
        await release();
        return { status: 200, headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'], body: 'here' };
      },
      abandoned: () => {},
    };
    const fetch = async () => {
      await release();
      return new Response('here', {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      });
    };
    server = await listen({ fetch, direct }, '127.0.0.1', 0);
    const arrived = once(steps, 'arrived');
    const answer = sendRaw(server.port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx');
    await arrived;
    const closed = server.close();
    steps.emit('released');
    const { head } = await answer;
    expect(head.match(/^(connection|set-cookie): .*$/gim)?.toSorted()).toEqual([
      expect.stringMatching(/^connection: close$/i),
      'set-cookie: a=1',
      'set-cookie: b=2',
    ]);
    await closed;
  });
});

/** Resolves with the server's end of the next connection, as soon as the server has accepted it. */
function nextAccepted(): Promise<Socket> {
  const accepted = channel('net.server.socket');
  return new Promise((resolve) => {
    const hear = (message: unknown) => {
      if (!(message instanceof Object && 'socket' in message && message.socket instanceof Socket)) return;
      accepted.unsubscribe(hear);
      resolve(message.socket);
    };
    accepted.subscribe(hear);
  });
}

/** Starts a server that tells `heard` the address of each request. */
async function startHearing(
  heard: (address: string | null | undefined) => void,
  trustedProxies: string[] = [],
) {
  const handler: HttpHandler = async (_request, address) => {
    heard(address);
    return new Response('here');
  };
  server = await listen({ fetch: handler }, '127.0.0.1', 0, { trustedProxies });
}

describe('a client that resets its connection', () => {
  it.each([
    ['its own', [], '127.0.0.1'],
    ['the one that a trusted proxy names', ['loopback'], '203.0.113.9'],
  ])('after its request is known by its address, %s', async (_which, trustedProxies, expected) => {
    const heard = new Promise((resolve) => void startHearing(resolve, trustedProxies).then(connectAndReset));
    async function connectAndReset(): Promise<void> {
      const accepted = nextAccepted();
      const socket = open();
      await Promise.all([accepted, once(socket, 'connect')]);
      // The server finds the request and the reset at the same moment.
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n', () =>
        socket.resetAndDestroy(),
      );
    }
    expect(await heard).toBe(expected);
  });

  it('before it was accepted is not worked for', async () => {
    const heard: unknown[] = [];
    await startHearing((address) => heard.push(address));
    const accepted = nextAccepted();
    connectAndResetMeanwhile(server.port);
    const socket = await accepted;
    await new Promise((resolve) => (socket.closed ? resolve(null) : socket.once('close', resolve)));
    expect(heard).toEqual([]);
  });
});

/** Sends a request and resets its connection while this thread, and so the server, stands still. */
function connectAndResetMeanwhile(port: number): void {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const source = `
    const { workerData: { port, done } } = require('node:worker_threads');
    const socket = require('node:net').connect(port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', () => {
        socket.resetAndDestroy();
        socket.once('close', () => {
          Atomics.store(done, 0, 1);
          Atomics.notify(done, 0);
        });
      }));`;
  new Worker(source, { eval: true, workerData: { port, done } });
  Atomics.wait(done, 0, 0);
}
