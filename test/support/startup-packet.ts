import type { Socket } from 'node:net';

/** The code of SSLRequest, where a startup packet has the protocol's version (PostgreSQL manual, «Message Formats»). */
const sslRequestCode = 80_877_103;

/** Passes on a client's startup packet, after having told the client that there is no TLS if it asked for that. */
export function onStartupPacket(client: Socket, listener: (packet: Buffer) => void): void {
  // The packet is short, so it arrives whole.
  client.once('data', (packet: Buffer) => {
    if (packet.length !== 8 || packet.readInt32BE(4) !== sslRequestCode) return listener(packet);
    client.write('N');
    client.once('data', listener);
  });
}
