import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';

/** A way to a server that can be disturbed. */
export interface TcpProxy {
  readonly port: number;
  /** Drops all traffic without closing connections, like a pulled cable. */
  silence(): void;
  /** Accepts new connections again; silenced ones stay silent. */
  restore(): void;
  /** Ends every connection, and refuses new ones until restored. */
  cut(): void;
  /** Connections that are open. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startTcpProxy(host: string, port: number): Promise<TcpProxy> {
  const open = new Set<{ readonly client: Socket; readonly server: Socket; silent: boolean }>();
  let state: 'open' | 'silent' | 'cut' = 'open';

  const listener = createServer((client) => {
    client.on('error', () => {});
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const server = connect(port, host).on('error', () => {});
    const pair = { client, server, silent: state === 'silent' };
    open.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        if (!pair.silent) to.write(chunk);
      });
      from.on('close', () => {
        open.delete(pair);
        if (!pair.silent) to.destroy();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = z.object({ port: z.int() }).parse(listener.address());
  const destroyAll = () => {
    for (const { client, server } of [...open]) {
      client.destroy();
      server.destroy();
    }
  };

  return {
    port: address.port,
    silence() {
      state = 'silent';
      for (const pair of open) pair.silent = true;
    },
    restore() {
      state = 'open';
    },
    cut() {
      state = 'cut';
      destroyAll();
    },
    connections: () => open.size,
    async close() {
      listener.close();
      destroyAll();
      await once(listener, 'close');
    },
  };
}
