import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent, writeAtomically } from '@cxg/local-processes';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { clusterDirectoryIn } from './postgres-folder.ts';
import { type Account, runCommand } from './run-command.ts';

/** Name of the superuser of every cluster made here. */
export const superuser = 'postgres';

const unfinishedPrefix = 'initdb-';
const ownerOnly = 0o600;

interface ClusterOptions {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account;
  readonly durable: boolean;
  readonly icuLocale: string | undefined;
  readonly noLocale: boolean;
}

/**
 * Creates the cluster on first use and returns the superuser's password. The cluster gets its final name only
 * when initdb has finished, so a half-made one is never mistaken for it.
 */
export async function ensureCluster(options: ClusterOptions): Promise<string> {
  await removeUnfinished(options.folder);
  const exists = await stat(clusterDirectoryIn(options.folder)).catch(() => undefined);
  const passwordFile = join(options.folder, 'superuser-password');
  const known = await readIfPresent(passwordFile);
  if (exists !== undefined) {
    if (known === undefined) {
      throw new Error(
        `${passwordFile} is missing. Without it the databases in ${options.folder} stay closed`,
      );
    }
    return known;
  }
  const password = known ?? randomBytes(24).toString('hex');
  await writeAtomically(passwordFile, password, ownerOnly);
  await createCluster(options, password);
  return password;
}

async function createCluster(
  { folder, binaries, account, durable, icuLocale, noLocale }: ClusterOptions,
  password: string,
): Promise<void> {
  const unfinished = await mkdtemp(join(folder, unfinishedPrefix));
  const passwordFile = `${unfinished}.password`;
  try {
    await writeFile(passwordFile, `${password}\n`, { flag: 'wx', mode: ownerOnly });
    if ('uid' in account) {
      await Promise.all([unfinished, passwordFile].map((path) => chown(path, account.uid, account.gid)));
    }
    const result = await runCommand(
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...localeProvider(binaries, icuLocale, noLocale),
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      account,
    );
    if (!result.succeeded) {
      throw new Error(`initdb failed in ${folder} (${result.outcome}): ${result.output}`);
    }
    await rename(unfinished, clusterDirectoryIn(folder));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** The arguments that name a new cluster's locale provider, as far as its version knows any but the system's. */
function localeProvider(
  { majorVersion }: PostgresBinaries,
  icuLocale: string | undefined,
  noLocale: boolean,
): string[] {
  if (majorVersion < 15) return [];
  if (noLocale) return ['--locale-provider=libc'];
  if (icuLocale !== undefined) return ['--locale-provider=icu', `--icu-locale=${icuLocale}`];
  // PostgreSQL's own locale sorts the same on every machine, whatever locales are installed there.
  return majorVersion < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
}

/** Whatever initdb left when it was killed halfway, the copy of the password included. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((candidate) => candidate.startsWith(unfinishedPrefix))) {
    // initdb may outlive the process that started it for a moment, and still add files.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
