import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processArguments, processStart, readIfPresent } from '@cxg/local-processes';
import type { Cluster } from './postgres-process.ts';
import { runCommand } from './run-command.ts';

/** Stops the server that a killed process has left running on the cluster, if there is one. */
export async function stopOrphan(cluster: Cluster): Promise<void> {
  const processId = await recordedProcess(cluster.directory);
  if (processId === undefined) {
    return;
  }
  if (!(await isPostmaster(processId, cluster.directory))) {
    // PostgreSQL would take that other program for itself, and not start.
    await rm(recordIn(cluster.directory), { force: true });
    return;
  }
  for (const mode of ['fast', 'immediate']) {
    const { succeeded } = await runCommand(
      cluster.binaries.pgCtl,
      ['stop', '-m', mode, '-w', '-t', '30', '-D', cluster.directory],
      cluster.account,
    );
    if (succeeded || (await recordedProcess(cluster.directory)) === undefined) {
      return;
    }
  }
  throw new Error(
    `PostgreSQL, process ${processId}, was left running on ${cluster.directory} and does not stop`,
  );
}

/** The running process whose number the cluster's last server has left in its record. */
async function recordedProcess(directory: string): Promise<number | undefined> {
  const record = (await readIfPresent(recordIn(directory))) ?? '';
  const processId = Number.parseInt(record, 10);
  return processId > 0 && (await processStart(processId)) !== undefined ? processId : undefined;
}

/** After a crash the number may have passed to an unrelated program, which must not be signalled. */
async function isPostmaster(processId: number, directory: string): Promise<boolean> {
  if (process.platform === 'win32') {
    // pg_ctl speaks to PostgreSQL through a named pipe there, so no other program can be hit.
    return true;
  }
  return (await processArguments(processId))?.includes(` -D ${directory} `) ?? false;
}

function recordIn(directory: string): string {
  return join(directory, 'postmaster.pid');
}
