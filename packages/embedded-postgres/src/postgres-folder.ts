import {
  access,
  chmod,
  constants,
  lstat,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { canEnter } from './operating-account.ts';
import type { Account } from './run-command.ts';
import { ensureRootOwnedDirectory, sharedDirectory } from './shared-directory.ts';

// PostgreSQL's account passes through the folder to its cluster; it has no business listing it.
const passableByOthers = 0o711;

/** Returns the place of the cluster itself inside the data folder, beside its password and its owner's mark. */
export function clusterDirectoryIn(folder: string): string {
  return join(folder, 'cluster');
}

/**
 * Creates the data folder if needed and returns its real path. Where the account cannot reach it, the folder is
 * made elsewhere and the given path becomes a symbolic link to it.
 */
export async function settleDataFolder(dataDirectory: string, account: Account): Promise<string> {
  const path = resolve(dataDirectory);
  await mkdir(dirname(path), { recursive: true });
  await forgetDanglingLink(path);
  if (!('uid' in account)) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause) => {
      throw new Error(`${path} belongs to another user: has PostgreSQL been started as root before?`, {
        cause,
      });
    });
    return realpath(path);
  }
  if (!(await exists(path))) {
    if (!(await canEnter(account, dirname(path)))) {
      return makeElsewhere(path);
    }
    await mkdir(path, { recursive: true });
  }
  const folder = await realpath(path);
  const { uid, mode } = await stat(folder);
  if (uid === 0) {
    await chmod(folder, (mode & 0o777) | passableByOthers);
  }
  if (await canEnter(account, folder)) {
    return folder;
  }
  await removeEmptyFolder(path);
  return makeElsewhere(path);
}

/** Another start may do the same at the same time: whose link comes first counts for both. */
async function makeElsewhere(path: string): Promise<string> {
  const folder = await mkdtemp(join(await ensureRootOwnedDirectory(sharedDirectory), 'postgres-data-'));
  await chmod(folder, passableByOthers);
  await symlink(folder, path).catch(async (error: NodeJS.ErrnoException) => {
    await rmdir(folder);
    if (error.code !== 'EEXIST') {
      throw error;
    }
  });
  return realpath(path);
}

async function removeEmptyFolder(path: string): Promise<void> {
  await rmdir(path).catch((cause: NodeJS.ErrnoException) => {
    // Neither is harm: another start has removed it already, or put its link there.
    if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
      throw new Error(
        `PostgreSQL's account cannot reach the data in ${path}. Open the folders above it (chmod o+x), or remove it to start with an empty database.`,
        { cause },
      );
    }
  });
}

async function forgetDanglingLink(path: string): Promise<void> {
  const link = await lstat(path).catch(() => undefined);
  if (link?.isSymbolicLink() && !(await exists(path))) {
    await rm(path);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
