import { createHash } from 'node:crypto';
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assertOnlyRootCanChange, ensureRootOwnedDirectory } from './shared-directory.ts';

/**
 * Copies an installation of PostgreSQL, once per build, to where every user can run it and only root can
 * change it. Returns the copy's folder.
 */
export async function copyBinaries(installation: string, copiesDirectory: string): Promise<string> {
  await ensureRootOwnedDirectory(copiesDirectory);
  const copy = join(copiesDirectory, `postgres-binaries-${await fingerprint(installation)}`);
  if ((await stat(copy).catch(() => undefined)) === undefined) {
    const unfinished = await mkdtemp(`${copy}-`);
    try {
      await cp(installation, unfinished, { recursive: true, verbatimSymlinks: true });
      await openToEveryone(unfinished);
      await rename(unfinished, copy).catch(acceptOtherCopy);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  await assertOnlyRootCanChange(copy);
  return copy;
}

/** Another start has finished the same copy first. */
function acceptOtherCopy(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') {
    throw error;
  }
}

async function fingerprint(installation: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [join(installation, '..', 'package.json'), join(installation, 'bin', 'postgres')]) {
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Installing under a strict umask leaves files that only their owner can read. */
async function openToEveryone(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) {
      await chmod(path, 0o755);
    } else if (entry.isFile()) {
      await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644);
    }
  }
}
