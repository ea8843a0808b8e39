import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { ended, followLog, PortTakenError, settlesWithin } from '@cxg/local-processes';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { type Account, cleanEnvironment, runCommand } from './run-command.ts';

// Recovery after a crash comes before readiness, and may take its time.
const startMilliseconds = 120_000;

// Fast shutdown writes a checkpoint; immediate shutdown does not, and leaves recovery to the next start.
const shutdown = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 5_000],
] as const;

/** A cluster's place, and the programs and the account that run it. */
export interface Cluster {
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account;
}

/** A PostgreSQL server that accepts connections. */
export interface PostgresProcess {
  readonly port: number;
  readonly processId: number;
  stop(): Promise<void>;
  requestStop(): void;
}

/** Starts PostgreSQL on the port and resolves when it accepts connections. */
export async function launchPostgres(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresProcess> {
  const child = spawn(
    cluster.binaries.postgres,
    [
      '-D',
      cluster.directory,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...cluster.account,
      cwd: dirname(cluster.binaries.postgres),
      env: cleanEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Ctrl-C goes to the terminal's whole process group: the database has to outlast our own drain.
      detached: true,
    },
  );
  const exit = ended(child);
  const log = followLog(child.stderr);
  const stop = async (): Promise<void> => {
    if (process.platform === 'win32') {
      await runCommand(
        cluster.binaries.pgCtl,
        ['stop', '-m', 'fast', '-D', cluster.directory],
        cluster.account,
      );
    }
    for (const [signal, milliseconds] of shutdown) {
      child.kill(signal);
      if (await settlesWithin(exit, milliseconds)) {
        return;
      }
    }
    throw new Error(`PostgreSQL, process ${child.pid}, does not stop`);
  };

  const ready = log.waitFor(/database system is ready to accept connections/).then(() => 'ready' as const);
  const inTime = await settlesWithin(Promise.race([ready, exit]), startMilliseconds);
  const { pid, exitCode, signalCode } = child;
  if (inTime && pid !== undefined && exitCode === null && signalCode === null) {
    return { port, processId: pid, stop, requestStop: () => void child.kill('SIGINT') };
  }
  await stop();
  const lastLines = log.lines.join('\n');
  if (/could not bind .*Address already in use/.test(lastLines)) {
    throw new PortTakenError(lastLines);
  }
  const reason = inTime
    ? `ended with ${signalCode ?? `exit code ${exitCode}`}`
    : `was not ready in ${startMilliseconds} ms`;
  throw new Error(`PostgreSQL in ${cluster.directory} ${reason}. It said last:\n${lastLines}`);
}
