import { type OwnListener, startListener } from './own-listener.ts';
import { protocolMessage } from './protocol-message.ts';
import { onStartupPacket } from './startup-packet.ts';

/** A server that accepts connections like PostgreSQL and tries to obtain the password. */
export interface PasswordThief extends OwnListener {
  /** Everything that clients have sent after their startup packets. */
  heard(): Buffer;
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const letIn = Buffer.concat([protocolMessage('R', int32(0)), protocolMessage('Z', 'I')]);

/** Answers of such a server to the startup packet. */
export const lures = {
  cleartext: protocolMessage('R', int32(3)),
  // Sent in one packet, as if it already had the password: nobody may take that for a connection.
  cleartextAndWelcome: Buffer.concat([protocolMessage('R', int32(3)), letIn]),
  md5: protocolMessage('R', int32(5), 'salt'),
  plainSasl: protocolMessage('R', int32(10), 'PLAIN\0\0'),
  scramWithoutProof: Buffer.concat([protocolMessage('R', int32(10), 'SCRAM-SHA-256\0\0'), letIn]),
} as const;

/** Starts a thief on a free port of 127.0.0.1. */
export async function startPasswordThief(lure: Buffer): Promise<PasswordThief> {
  const chunks: Buffer[] = [];
  const listener = await startListener((client) => {
    onStartupPacket(client, () => {
      client.write(lure);
      client.on('data', (chunk: Buffer) => chunks.push(chunk));
    });
  });
  return { ...listener, heard: () => Buffer.concat(chunks) };
}
