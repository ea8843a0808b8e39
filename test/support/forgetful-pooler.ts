import { connect } from 'node:net';
import { type OwnListener, startListener } from './own-listener.ts';
import { onStartupPacket } from './startup-packet.ts';

/** A proxy of a PostgreSQL server, like a pooler that passes on none of the settings that its clients ask for. */
export type ForgetfulPooler = OwnListener;

/** The startup parameters that a session can't be opened without. */
const passedOn = new Set(['user', 'database']);

/** Starts a pooler in front of the server on that port of 127.0.0.1. */
export function startForgetfulPooler(serverPort: number): Promise<ForgetfulPooler> {
  return startListener((client, track) => {
    const server = connect(serverPort, '127.0.0.1');
    track(server);
    onStartupPacket(client, (startup) => {
      server.write(forget(startup));
      client.pipe(server);
    });
    server.pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
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
