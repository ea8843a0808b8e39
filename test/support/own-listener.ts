import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';

/** A server of a test's own on 127.0.0.1. */
export interface OwnListener {
  readonly port: number;
  /** The number of open connections. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts it on a free port. Closing it ends every connection, and whatever else was tracked. */
export async function startListener(
  onConnection: (client: Socket, track: (socket: Socket) => void) => void,
): Promise<OwnListener> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const listener = createServer((client) => {
    track(client);
    onConnection(client, track);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = z.object({ port: z.int() }).parse(listener.address());
  return {
    port,
    connections: () => sockets.size,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}
