import { once } from 'node:events';
import { createServer } from 'node:net';

const attempts = 5;

/** A server found the port it was given taken by another process. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * Starts a server on the preferred port, or on any free one. Whoever takes the port between the check and the
 * start makes `start` throw {@link PortTakenError}; it is then tried again on another port.
 */
export async function startOnFreePort<Server>(
  preferredPort: number | undefined,
  start: (port: number) => Promise<Server>,
): Promise<Server> {
  let port = await findFreePort(preferredPort);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === attempts) {
        throw error;
      }
      port = await findFreePort();
    }
  }
}

/** The preferred port if nothing listens there on 127.0.0.1, otherwise one that the system picks. */
export async function findFreePort(preferredPort?: number): Promise<number> {
  if (preferredPort !== undefined && (await canListen(preferredPort)) !== undefined) {
    return preferredPort;
  }
  const port = await canListen(0);
  if (port === undefined) {
    throw new Error('No free port on 127.0.0.1');
  }
  return port;
}

async function canListen(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : undefined;
}
