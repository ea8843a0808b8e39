import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Identity } from './certificates.ts';
import { startListener } from './own-listener.ts';
import { protocolMessage } from './protocol-message.ts';

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
  let begun = 0;
  const listener = await startListener((socket) => {
    begun++;
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
  return { ...listener, connections: () => ({ begun, open: listener.connections() }) };
}

/** An ErrorResponse with its severity, SQLSTATE and text (PostgreSQL manual, «Error and Notice Message Fields»). */
export function errorResponse(code: string, text: string): Buffer {
  return protocolMessage('E', `SFATAL\0C${code}\0M${text}\0\0`);
}

/** A request for a password with SCRAM. */
export const scramRequest = protocolMessage('R', '\0\0\0\x0aSCRAM-SHA-256\0\0');
