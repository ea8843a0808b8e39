import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import proxyAddress from 'proxy-addr';
import type { HttpHandler } from './http-handler.ts';
import { normalizeTarget } from './request-target.ts';

/** A server that accepts connections. */
export interface ListeningServer {
  readonly port: number;
  /**
   * Stops accepting, closes idle connections, gives running requests time to finish, telling their clients to take
   * another connection then, and resolves when the last one is gone.
   */
  close(): Promise<void>;
}

/** A client that sends its headers or body slower than this holds a socket for nothing. */
const requestTimeoutMilliseconds = 30_000;

/** Longer than balancers keep theirs mostly, so that none sends a request into a connection that is being closed. */
const defaultKeepAliveSeconds = 75;

/** Orchestrators kill a process some 30 seconds after they asked it to stop. */
const drainMilliseconds = 10_000;

/**
 * Serves `handler` over HTTP.
 * @param port 0 takes any free one.
 * @param trustedProxies addresses, networks or names such as `loopback` whose `X-Forwarded-For` is believed.
 * @param keepAliveSeconds how long a connection without requests is kept.
 * @throws the system's error, e.g. `EADDRINUSE` when the port is taken.
 */
export async function listen(
  handler: HttpHandler,
  host: string,
  port: number,
  trustedProxies: readonly string[] = [],
  keepAliveSeconds: number = defaultKeepAliveSeconds,
): Promise<ListeningServer> {
  const trust = proxyAddress.compile([...trustedProxies]);
  const adapter = createServerAdapter<{ req: IncomingMessage }>((request, { req }) =>
    handler(request, clientAddress(req, trust)),
  );
  const answering = new Set<ServerResponse>();
  let draining = false;
  const answer: RequestListener = (request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    if (draining) response.setHeader('connection', 'close');
    if (normalizeTarget(request)) void adapter(request, response);
    else refuse(response);
  };
  const server = createServer(
    {
      requestTimeout: requestTimeoutMilliseconds,
      keepAliveTimeout: keepAliveSeconds * 1_000,
    },
    answer,
  );
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
        draining = true;
        for (const response of answering) {
          if (!response.headersSent) response.setHeader('connection', 'close');
        }
        const cutOff = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
        server.close(() => {
          clearTimeout(cutOff);
          resolve();
        });
      }),
  };
}

/** Answers a request of which nobody can say what it is for. */
function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: 'The request’s Host or its target is not valid.' }));
}

function addressPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

/**
 * Null once the client has gone away: its socket has forgotten the address. Where a trusted proxy has passed
 * something on that is no address, the proxy's own stands for it.
 */
function clientAddress(
  request: IncomingMessage,
  trust: (address: string, hop: number) => boolean,
): string | null {
  const { remoteAddress } = request.socket;
  if (remoteAddress === undefined) return null;
  const forwarded = proxyAddress(request, trust);
  return isIP(forwarded) === 0 ? remoteAddress : forwarded;
}
