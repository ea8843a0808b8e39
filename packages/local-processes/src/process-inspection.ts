import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const execute = promisify(execFile);

/**
 * Returns the start of a process, in whatever form the system has it, to tell it from a later one of the same number;
 * undefined if it does not run.
 */
export async function processStart(processId: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => '');
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  }
  if (process.platform === 'win32') {
    return isSignalable(processId) ? 'running' : undefined;
  }
  return describe(processId, 'lstart=');
}

/** The command line of a process, its arguments separated by spaces; undefined if it cannot be read. */
export async function processArguments(processId: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(() => '');
    return line === '' ? undefined : line.replaceAll('\0', ' ');
  }
  return describe(processId, 'args=');
}

/** The form in which a process identifies itself to later ones, in a file. */
export const processIdentitySchema = z.object({
  processId: z.number(),
  start: z.string(),
  boot: z.string(),
  container: z.string(),
});
/** A process, told from every other one of the same number. */
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Returns the identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const start = await processStart(process.pid);
  return { processId: process.pid, start: start ?? '', ...(await processScope()) };
}

/** Returns whether a process still runs; `elsewhere` when it is in another container, where nobody here can tell. */
export async function findProcess(identity: ProcessIdentity): Promise<'running' | 'ended' | 'elsewhere'> {
  const scope = await processScope();
  if (identity.boot !== scope.boot) return 'ended';
  if (identity.container !== scope.container) return 'elsewhere';
  return (await processStart(identity.processId)) === identity.start ? 'running' : 'ended';
}

/** The scope in which process numbers are valid: a start of the machine, and a container. */
async function processScope(): Promise<{ readonly boot: string; readonly container: string }> {
  const [boot, container] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => process.platform),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return { boot: boot.trim(), container };
}

async function describe(processId: number, column: string): Promise<string | undefined> {
  try {
    const { stdout } = await execute('ps', ['-ww', '-o', column, '-p', String(processId)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

function isSignalable(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
