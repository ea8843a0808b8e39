import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import proxyAddress from 'proxy-addr';
import { clientAddress, isInternal, parseAddress } from './client-address.ts';
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
 * @param trustedProxies addresses, networks or names such as `loopback` whose `X-Forwarded-For` is believed.
 * @param onUntrustedProxy hears once of what seems to be a proxy, and is not trusted: its address stands for those of
 * all of its clients.
 * @throws the system's error, e.g. `EADDRINUSE` when the port is taken.
 */
export async function listen(
  handler: HttpHandler,
  host: string,
  port: number,
  trustedProxies: readonly string[] = [],
  onUntrustedProxy: (address: string) => void = () => {},
): Promise<ListeningServer> {
  const compiled = proxyAddress.compile([...trustedProxies]);
  const trusts = (address: string) => compiled(address, 0);
  let hasSeenUntrustedProxy = false;

  function addressOf({ socket, headers }: IncomingMessage): string | null {
    // Several are joined by Node.js.
    const forwardedFor = headers['x-forwarded-for']?.toString();
    const peer = parseAddress(socket.remoteAddress ?? '');
    const isForwarded = forwardedFor !== undefined || headers.forwarded !== undefined;
    if (isForwarded && !hasSeenUntrustedProxy && peer !== null && !trusts(peer) && isInternal(peer)) {
      hasSeenUntrustedProxy = true;
      onUntrustedProxy(peer);
    }
    return clientAddress(peer, forwardedFor, trusts);
  }

  const adapter = createServerAdapter<{ req: IncomingMessage }>((request, { req }) =>
    handler(request, addressOf(req)),
  );
  const server = createServer({ requestTimeout: requestTimeoutMilliseconds }, adapter);
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
