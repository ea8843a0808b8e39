import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import type { HttpHandler } from './http-handler.ts';

/** A server that accepts connections. */
export interface ListeningServer {
  readonly port: number;
  /** Stops accepting, gives running requests time to finish, and resolves when the last connection is gone. */
  close(): Promise<void>;
}

/** A client that sends its headers or body slower than this holds a socket for nothing. */
const requestTimeoutMilliseconds = 30_000;

/** Orchestrators kill a process some 30 seconds after they asked it to stop. */
const drainMilliseconds = 10_000;

/**
 * Serves `handler` over HTTP.
 * @param port 0 takes any free one.
 * @throws the system's error, e.g. `EADDRINUSE` when the port is taken.
 */
export async function listen(handler: HttpHandler, host: string, port: number): Promise<ListeningServer> {
  const server = createServer({ requestTimeout: requestTimeoutMilliseconds }, createServerAdapter(handler));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: addressPort(server.address()),
    close: () =>
      new Promise((resolve) => {
        const cutOff = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
        server.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
      }),
  };
}

function addressPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
