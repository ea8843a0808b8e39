import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ListeningServer, listen } from '../../src/http/listen.ts';

let server: ListeningServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

const start = async (handler = async () => new Response('here'), keepAliveSeconds?: number) => {
  server = await listen(handler, '127.0.0.1', 0, { keepAliveSeconds });
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
});
