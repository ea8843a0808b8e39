import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A server on 127.0.0.1 that passes everything on to a port, as long as it is let. */
export interface DatabaseProxy {
  readonly port: number;
  /** Sets the target of new connections. */
  aimAt(port: number): void;
  /** Goes on accepting connections and bytes, and passes none on: a server that hangs, or a network that lost it. */
  freeze(): void;
  /** Delays what the server sends. */
  slowDown(milliseconds: number): void;
  /** Passes everything on again. Connections that were frozen are cut. */
  thaw(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a database server. */
export async function startDatabaseProxy(targetPort: number): Promise<DatabaseProxy> {
  const sockets = new Set<Socket>();
  let target = targetPort;
  let frozen = false;
  let delayMilliseconds = 0;

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        if (frozen) return;
        if (socket === upstream && delayMilliseconds > 0)
          setTimeout(() => other.write(bytes), delayMilliseconds);
        else other.write(bytes);
      });
      socket.on('end', () => {
        if (!frozen) other.end();
      });
      socket.on('close', () => {
        sockets.delete(socket);
        if (!frozen) other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: portOf(server.address()),
    aimAt(port) {
      target = port;
    },
    freeze() {
      frozen = true;
    },
    slowDown(milliseconds) {
      delayMilliseconds = milliseconds;
    },
    thaw() {
      if (frozen) cut();
      frozen = false;
      delayMilliseconds = 0;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
  return address.port;
}
