import { chmod, lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The folder in which root keeps what PostgreSQL's account cannot reach inside a private checkout. Not in /var/tmp: that is
 * writable by everyone, and cleaned by age.
 */
export const sharedDirectory = '/var/lib/cxg-graphql-api';

const writableByOthers = 0o022;
const sticky = 0o1000;

/**
 * Creates a folder of root's that everyone may enter and only root may change, or throws if somebody else owns
 * it or could replace it.
 */
export async function ensureRootOwnedDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  if ((await lstat(directory)).uid === 0) {
    await chmod(directory, 0o755);
  }
  await assertOnlyRootCanChange(directory);
  return directory;
}

/** Throws unless the folder, and each folder above it, can be changed by root alone. */
export async function assertOnlyRootCanChange(directory: string): Promise<void> {
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & writableByOthers) !== 0) {
    throw new Error(`${directory} must be a folder that belongs to root and that nobody else can write to`);
  }
  let current = await realpath(directory);
  while (current !== dirname(current)) {
    current = dirname(current);
    const parent = await lstat(current);
    if (parent.uid !== 0 || ((parent.mode & writableByOthers) !== 0 && (parent.mode & sticky) === 0)) {
      throw new Error(`${directory} is not safe to use: others than root can change ${current}`);
    }
  }
}
