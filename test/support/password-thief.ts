import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { onStartupPacket } from './startup-packet.ts';

/** A server that accepts connections like PostgreSQL and tries to obtain the password. */
export interface PasswordThief {
  readonly port: number;
  /** Everything that clients have sent after their startup packets. */
  heard(): Buffer;
  /** The number of open connections. */
  connections(): number;
  close(): Promise<void>;
}

/** A protocol message: its type, its length and its body. */
function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const letIn = Buffer.concat([message('R', int32(0)), message('Z', 'I')]);

/** Answers of such a server to the startup packet. */
export const lures = {
  cleartext: message('R', int32(3)),
  // Sent in one packet, as if it already had the password: nobody may take that for a connection.
  cleartextAndWelcome: Buffer.concat([message('R', int32(3)), letIn]),
  md5: message('R', int32(5), 'salt'),
  plainSasl: message('R', int32(10), 'PLAIN\0\0'),
  scramWithoutProof: Buffer.concat([message('R', int32(10), 'SCRAM-SHA-256\0\0'), letIn]),
} as const;

/** Starts a thief on a free port of 127.0.0.1. */
export async function startPasswordThief(lure: Buffer): Promise<PasswordThief> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const listener = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {}).on('close', () => sockets.delete(client));
    onStartupPacket(client, () => {
      client.write(lure);
      client.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = z.object({ port: z.int() }).parse(listener.address());
  return {
    port,
    heard: () => Buffer.concat(chunks),
    connections: () => sockets.size,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}
