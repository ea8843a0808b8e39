import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * When a process started, in whatever form the system has it, to tell it from a later one of the same number;
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

/** What process numbers are valid within: since which start of the machine, and in which container. */
export async function processScope(): Promise<{ readonly boot: string; readonly container: string }> {
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
