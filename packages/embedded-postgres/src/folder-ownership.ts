import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAtomically,
  findProcess,
  ownIdentity,
  processIdentitySchema,
  readIfPresent,
  writeAtomically,
} from '@cxg/local-processes';
import { z } from 'zod';

const ownerMark = processIdentitySchema.extend({ released: z.boolean() });
type OwnerMark = z.infer<typeof ownerMark>;

const markName = /^owner\.(\d+)$/;

// A mark that root left must not lock out the folder's own user.
const readableByAll = 0o644;

/** The data folder belongs to a process that still runs. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/** The exclusive use of a folder by this process. */
export interface FolderOwnership {
  release(): Promise<void>;
}

/**
 * Claims a folder for this process until release(), or until the process dies.
 *
 * The mark with the highest number counts, and numbers are never used again: a lock file that is removed and
 * made anew lets two processes which both find a dead owner remove each other's lock.
 */
export async function claimFolder(folder: string): Promise<FolderOwnership> {
  const mark: OwnerMark = { ...(await ownIdentity()), released: false };
  for (;;) {
    const latest = (await markNumbers(folder)).at(-1) ?? 0;
    await assertFree(folder, latest);
    const number = latest + 1;
    const path = markPath(folder, number);
    if (await createAtomically(path, JSON.stringify(mark), readableByAll)) {
      const numbers = await markNumbers(folder);
      if (numbers.at(-1) === number) {
        await Promise.all(
          numbers
            .filter((older) => older < number)
            .map((older) => rm(markPath(folder, older), { force: true })),
        );
        const released = JSON.stringify({ ...mark, released: true });
        return { release: () => writeAtomically(path, released, readableByAll) };
      }
      await rm(path);
    }
  }
}

/** Returns whether some process, dead or alive, holds a claim that it never released. */
export async function hasUnreleasedClaim(folder: string): Promise<boolean> {
  const latest = (await markNumbers(folder)).at(-1);
  const mark = latest === undefined ? undefined : await readMark(folder, latest);
  return mark !== undefined && !mark.released;
}

async function assertFree(folder: string, number: number): Promise<void> {
  const mark = await readMark(folder, number);
  if (mark === undefined || mark.released) {
    return;
  }
  const found = await findProcess(mark);
  if (found === 'elsewhere') {
    throw new FolderInUseError(
      `${folder} is in use by process ${mark.processId} of another container. If that is long gone, remove ${markPath(folder, number)}`,
    );
  }
  if (found === 'running') {
    throw new FolderInUseError(`${folder} is already in use by process ${mark.processId}`);
  }
}

async function readMark(folder: string, number: number): Promise<OwnerMark | undefined> {
  const content = await readIfPresent(markPath(folder, number));
  return content === undefined ? undefined : ownerMark.parse(JSON.parse(content));
}

async function markNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => markName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => left - right);
}

function markPath(folder: string, number: number): string {
  return join(folder, `owner.${number}`);
}
