import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { finished } from 'node:stream/promises';
import { ended, followLog, PortTakenError, settlesWithin } from '@cxg/local-processes';

const startMilliseconds = 15_000;
const stopMilliseconds = 5_000;

/**
 * Runs a server, as a shell's script. Such a server holds no folder in which the next start would find what a killed
 * process left running. The shell stops it as soon as our end of its standard input closes, by stop() or by our death.
 */
const untilInputEnds = '"$@" & server=$!; exec >/dev/null 2>&1; cat; kill "$server"; wait "$server"';

/** A server that this process has started, and that ends with it. */
export interface ServerProcess {
  /** Stops the server and waits for its end. Calling it again waits for the same end. */
  stop(): Promise<void>;
  /** Kills the server, as a machine does that fails, and waits for its end. */
  kill(): Promise<void>;
}

/** The output in which a server says that it is ready. */
export interface Readiness {
  readonly log: 'stdout' | 'stderr';
  readonly ready: RegExp;
}

/**
 * Starts a server, and waits until it says that it is ready.
 * @throws {PortTakenError} when its port is in use.
 */
export async function startServerProcess(
  program: string,
  args: readonly string[],
  { log: output, ready: pattern }: Readiness,
): Promise<ServerProcess> {
  const child = spawn('/bin/sh', ['-c', untilInputEnds, 'sh', program, ...args], {
    cwd: tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exit = ended(child);
  // The shell may have died first.
  child.stdin.on('error', () => undefined);
  child[output === 'stdout' ? 'stderr' : 'stdout'].pipe(process.stderr, { end: false });
  const log = followLog(child[output]);
  const kill = async (): Promise<void> => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exit;
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      child.stdin.end();
      if (!(await settlesWithin(exit, stopMilliseconds))) await kill();
    })();
    return stopping;
  };

  // The shell has let go of the output, so its end is the server's.
  const serverEnd = finished(child[output]).catch(() => undefined);
  const ready = log.waitFor(pattern).then(() => true);
  const began = Promise.race([ready, serverEnd]);
  if ((await settlesWithin(began, startMilliseconds)) && (await began) === true) return { stop, kill };
  await stop();
  const lastLines = log.lines.join('\n');
  if (lastLines.includes('Address already in use')) throw new PortTakenError(lastLines);
  throw new Error(`${program} did not start. It said last:\n${lastLines}`);
}
