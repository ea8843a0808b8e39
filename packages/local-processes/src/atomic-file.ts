import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file that is never seen half-written, in place of any earlier one. */
export async function writeAtomically(path: string, content: string, mode: number): Promise<void> {
  await rename(await writeBeside(path, content, mode), path);
}

/** As {@link writeAtomically}, but leaves an existing file as it is and returns false. */
export async function createAtomically(path: string, content: string, mode: number): Promise<boolean> {
  const unfinished = await writeBeside(path, content, mode);
  try {
    await link(unfinished, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  } finally {
    await rm(unfinished);
  }
}

/** Reads a file; undefined if there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function writeBeside(path: string, content: string, mode: number): Promise<string> {
  const unfinished = `${path}-${randomUUID()}.unfinished`;
  await writeFile(unfinished, content, { flag: 'wx', mode });
  return unfinished;
}
