import { startOnFreePort } from '@cxg/local-processes';
import { findOnPath } from './find-on-path.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** A Redis server of ours. */
export interface RedisServer extends ServerProcess {
  readonly url: string;
}

/**
 * Starts the machine's redis-server on 127.0.0.1, keeping nothing on disk; null without one.
 * @param preferredPort taken if nothing listens there, otherwise a free port is.
 */
export async function startRedisServer(preferredPort?: number): Promise<RedisServer | null> {
  const program = await findOnPath('redis-server');
  return program === undefined ? null : startOnFreePort(preferredPort, (port) => launchRedis(program, port));
}

async function launchRedis(program: string, port: number): Promise<RedisServer> {
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await startServerProcess(program, args, {
    log: 'stdout',
    ready: /Ready to accept connections/,
  });
  return { url: `redis://127.0.0.1:${port}`, ...server };
}
