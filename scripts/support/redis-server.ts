import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { finished } from 'node:stream/promises';
import { ended, followLog, settlesWithin, untilInputEnds } from './child-process.ts';
import { findOnPath } from './find-on-path.ts';
import { PortTakenError, startOnFreePort } from './free-port.ts';

const startMilliseconds = 15_000;
const stopMilliseconds = 5_000;

/** A Redis server of ours. */
export interface RedisServer {
  readonly url: string;
  /** Stops the server and waits for its end. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Kills the server, as a machine does that fails, and waits for its end. */
  kill(): Promise<void>;
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
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      untilInputEnds,
      'sh',
      program,
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    { cwd: tmpdir(), stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const exit = ended(child);
  // The shell may have died first.
  child.stdin.on('error', () => undefined);
  const log = followLog(child.stdout);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      child.stdin.end();
      if (!(await settlesWithin(exit, stopMilliseconds)) && child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL');
        await exit;
      }
    })();
    return stopping;
  };

  const kill = async (): Promise<void> => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exit;
  };

  // The shell has let go of the output, so its end is the server's.
  const serverEnd = finished(child.stdout).catch(() => undefined);
  const ready = log.waitFor(/Ready to accept connections/).then(() => true);
  const began = Promise.race([ready, serverEnd]);
  if ((await settlesWithin(began, startMilliseconds)) && (await began) === true) {
    return { url: `redis://127.0.0.1:${port}`, stop, kill };
  }
  await stop();
  const lastLines = log.lines.join('\n');
  if (lastLines.includes('Address already in use')) {
    throw new PortTakenError(lastLines);
  }
  throw new Error(`${program} did not start. It said last:\n${lastLines}`);
}
