import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Identity } from './certificates.ts';

/** A connection to a scripted server. */
export interface ScriptedConnection {
  /** Resolves with the next bytes of the client. */
  next(): Promise<Buffer>;
  send(bytes: Buffer | string): void;
  /** Takes part in a TLS handshake; resolves when it is over. */
  secure(identity: Identity): Promise<void>;
  /** Ends the connection with a reset. */
  reset(): void;
}

/** A server whose part in each connection a test writes. */
export interface ScriptedServer {
  readonly port: number;
  /** The number of connections that there were, and of those that are open. */
  connections(): { readonly begun: number; readonly open: number };
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startScriptedServer(
  script: (connection: ScriptedConnection) => Promise<void>,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let begun = 0;
  const listener = createServer((socket) => {
    begun++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let stream: Socket = socket;
    script({
      next: async () => z.tuple([z.instanceof(Buffer)]).parse(await once(stream, 'data'))[0],
      send: (bytes) => void stream.write(bytes),
      async secure(identity) {
        const secured = new TLSSocket(socket, {
          isServer: true,
          secureContext: createSecureContext(identity),
        });
        secured.on('error', () => {});
        await once(secured, 'secure');
        stream = secured;
      },
      reset: () => void socket.resetAndDestroy(),
    }).catch(() => {});
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = z.object({ port: z.int() }).parse(listener.address());
  return {
    port,
    connections: () => ({ begun, open: sockets.size }),
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}

/** An ErrorResponse with its severity, SQLSTATE and text (PostgreSQL manual, «Error and Notice Message Fields»). */
export function errorResponse(code: string, text: string): Buffer {
  return message('E', `SFATAL\0C${code}\0M${text}\0\0`);
}

/** A request for a password with SCRAM. */
export const scramRequest = message('R', '\0\0\0\x0aSCRAM-SHA-256\0\0');

function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(body) + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}
