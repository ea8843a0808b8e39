import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServerAdapter } from '@whatwg-node/server';
import proxyAddress from 'proxy-addr';
import { clientAddress, isInternal, parseAddress } from './client-address.ts';
import { tieToConnection } from './cut-off.ts';
import type { DirectHandler } from './direct-handler.ts';
import type { HttpHandler } from './http-handler.ts';
import { normalizeTarget } from './request-target.ts';
import { serveDirectly } from './serve-directly.ts';

/** A server that accepts connections. */
export interface ListeningServer {
  readonly port: number;
  /**
   * Stops accepting connections, closes idle ones, and gives running requests time to finish, asking their clients to
   * reconnect afterwards. Resolves when the last connection is closed.
   */
  close(): Promise<void>;
}

/** A client that takes longer to send its headers and body is disconnected. */
const requestTimeoutMilliseconds = 30_000;

/** An answer is held in memory no longer than this while its client reads nothing. Even slow readers read something. */
const defaultStallMilliseconds = 30_000;

/** Longer than most load balancers' idle timeout, so that none sends a request on a connection that is being closed. */
const defaultKeepAliveSeconds = 75;

/** Orchestrators kill a process some 30 seconds after asking it to stop. */
const drainMilliseconds = 10_000;

/** A request and its response, as the adapter passes them on. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** An application that can be served. */
export interface Servable {
  readonly fetch: HttpHandler;
  /** The direct path, without the fetch API; when absent, all requests take the ordinary path. */
  readonly direct?: DirectHandler;
}

/** The proxies in front of the server, and the handling of connections. */
export interface ListenOptions {
  /** Addresses, networks or names such as `loopback` whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  /** The time after which an idle connection is closed. */
  readonly keepAliveSeconds?: number | undefined;
  /** The time after which a connection is closed when its client reads nothing of an answer. */
  readonly stallMilliseconds?: number | undefined;
  /** Called once with the address of an apparent proxy that isn't trusted, and so passes for all of its clients. */
  readonly onUntrustedProxy?: (address: string) => void;
}

/**
 * Serves an application over HTTP.
 * @param port 0 takes any free one.
 * @throws the system's error, e.g. `EADDRINUSE` when the port is taken.
 */
export async function listen(
  { fetch, direct }: Servable,
  host: string,
  port: number,
  {
    trustedProxies = [],
    keepAliveSeconds = defaultKeepAliveSeconds,
    stallMilliseconds = defaultStallMilliseconds,
    onUntrustedProxy = () => {},
  }: ListenOptions = {},
): Promise<ListeningServer> {
  const compiled = proxyAddress.compile([...trustedProxies]);
  const trusts = (address: string) => compiled(address, 0);
  let hasSeenUntrustedProxy = false;
  /** The address of each connection's peer. A socket forgets it once the client has reset the connection. */
  const peers = new WeakMap<Socket, string>();

  function addressOf({ socket, headers }: IncomingMessage): string | null {
    // Node.js joins repeated headers.
    const forwardedFor = headers['x-forwarded-for']?.toString();
    const peer = peers.get(socket) ?? null;
    const isForwarded = forwardedFor !== undefined || headers.forwarded !== undefined;
    if (isForwarded && !hasSeenUntrustedProxy && peer !== null && !trusts(peer) && isInternal(peer)) {
      hasSeenUntrustedProxy = true;
      onUntrustedProxy(peer);
    }
    return clientAddress(peer, forwardedFor, trusts);
  }

  const adapter = createServerAdapter<Exchange>(async (request, { req, res }) => {
    const response = await fetch(request, addressOf(req));
    // The adapter removes the limit when it begins to send, which is before the next iteration of the event loop.
    setImmediate(() => {
      if (!res.writableFinished) req.socket.setTimeout(stallMilliseconds);
    });
    // The server library's own answers are of another class, and no streams.
    return response instanceof Response ? tieToConnection(response, res) : response;
  });
  const answering = new Set<ServerResponse>();
  let draining = false;
  const answer: RequestListener = (request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    endWhenStalled(request, response, stallMilliseconds);
    if (draining) response.setHeader('connection', 'close');
    const takeOrdinaryPath = (): void => void adapter(request, response);
    if (!normalizeTarget(request)) refuse(response);
    else if (direct?.takes(request))
      serveDirectly(direct, request, response, addressOf(request), takeOrdinaryPath);
    else takeOrdinaryPath();
  };
  const server = createServer(
    {
      requestTimeout: requestTimeoutMilliseconds,
      keepAliveTimeout: keepAliveSeconds * 1_000,
    },
    answer,
  );
  server.on('connection', (socket) => {
    const peer = parseAddress(socket.remoteAddress ?? '');
    // Without an address, the connection has already been reset, and nobody would receive an answer.
    if (peer === null) socket.destroy();
    else peers.set(socket, peer);
  });
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

/**
 * Closes the connection when pending data could not be sent for a while. Node.js counts every piece that is sent, even
 * of a large answer; while an answer is still being prepared, nothing is pending.
 */
function endWhenStalled({ socket }: IncomingMessage, response: ServerResponse, milliseconds: number): void {
  socket.setTimeout(milliseconds);
  response.on('timeout', () => {
    if (socket.writableLength > 0) socket.destroy();
  });
}

/** Refuses a request whose URL can't be determined. */
function refuse(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error: 'The request has an invalid Host or target.' }));
}

function addressPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
