import { readdir, readFile } from 'node:fs/promises';

/** A process as /proc shows it. */
export interface ListedProcess {
  readonly processId: number;
  readonly parentId: number;
  readonly arguments: string;
}

/** All processes of this machine (Linux). */
export async function listProcesses(): Promise<ListedProcess[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(numbers.map((number) => readProcess(Number(number)).catch(() => [])));
  return found.flat();
}

async function readProcess(processId: number): Promise<ListedProcess[]> {
  const [status, commandLine] = await Promise.all([
    readFile(`/proc/${processId}/stat`, 'utf8'),
    readFile(`/proc/${processId}/cmdline`, 'utf8'),
  ]);
  const [, parentId] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return [{ processId, parentId: Number(parentId), arguments: commandLine.replaceAll('\0', ' ') }];
}
