import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { onStartupPacket } from './startup-packet.ts';

/** A proxy of a PostgreSQL server, like a pooler that passes on none of the settings that its clients ask for. */
export interface ForgetfulPooler {
  readonly port: number;
  close(): Promise<void>;
}

/** The startup parameters that a session can't be opened without. */
const passedOn = new Set(['user', 'database']);

/** Starts a pooler in front of the server on that port of 127.0.0.1. */
export async function startForgetfulPooler(serverPort: number): Promise<ForgetfulPooler> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    onStartupPacket(client, (startup) => {
      server.write(forget(startup));
      client.pipe(server);
    });
    server.pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = z.object({ port: z.int() }).parse(listener.address());
  return {
    port,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}

/** A startup packet is its length, the protocol version, names and values each ended by a zero, and a final zero. */
function forget(startup: Buffer): Buffer {
  const parts = startup.toString('utf8', 8).split('\0');
  const kept = parts.flatMap((name, index) =>
    index % 2 === 0 && passedOn.has(name) ? [name, parts[index + 1] ?? ''] : [],
  );
  const body = Buffer.from(`${kept.join('\0')}\0\0`);
  const packet = Buffer.concat([startup.subarray(0, 8), body]);
  packet.writeInt32BE(packet.length);
  return packet;
}
