import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accountForPostgres, runsAsRoot } from '../src/operating-account.ts';
import { findPostgresBinaries, installedNativeDirectory } from '../src/postgres-binaries.ts';
import { runCommand } from '../src/run-command.ts';
import { ensureRootOwnedDirectory } from '../src/shared-directory.ts';

const testAsRoot = test.runIf(runsAsRoot());

test('makes the links to shared libraries that an install without scripts has left out', async () => {
  const installation = await installWithoutLinks(await newFolder(0o755));

  const binaries = await findPostgresBinaries({}, installation);

  expect(binaries.postgres).toBe(join(installation, 'bin', 'postgres'));
  expect(await runCommand(binaries.initdb, ['--version'], {})).toMatchObject({ succeeded: true });
});

testAsRoot('copies an installation that the account cannot reach to where it can, once', async () => {
  const installation = await installWithoutLinks(await newFolder(0o700));
  const copies = join(await newFolder(0o755, '/var/tmp'), 'copies');
  const account = await accountForPostgres(join(copies, 'no-cluster'));

  const first = await findPostgresBinaries(account, installation, copies);
  const second = await findPostgresBinaries(account, installation, copies);

  expect(first.postgres.startsWith(copies)).toBe(true);
  expect(await runCommand(first.initdb, ['--version'], account)).toMatchObject({ succeeded: true });
  expect(second).toEqual(first);
  expect(await readdir(copies)).toHaveLength(1);
});

testAsRoot('does not trust a folder for copies that somebody else owns or can write to', async () => {
  const parent = await newFolder(0o755);
  const foreign = join(parent, 'foreign');
  await mkdir(foreign);
  await chown(foreign, 65534, 65534);
  await chmod(parent, 0o777);

  await expect(ensureRootOwnedDirectory(foreign)).rejects.toThrow('must be a folder that belongs to root');
  await expect(ensureRootOwnedDirectory(join(parent, 'replaceable'))).rejects.toThrow(
    `others than root can change ${parent}`,
  );
});

async function newFolder(mode: number, parent: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'postgres-binaries-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, mode);
  return folder;
}

/** PostgreSQL as npm unpacks it, but for the data files, which finding the programs and their version needs not. */
async function installWithoutLinks(folder: string): Promise<string> {
  const installed = installedNativeDirectory();
  const dataFiles = join(installed, 'share');
  await cp(join(installed, '..'), folder, {
    recursive: true,
    filter: async (source) => source !== dataFiles && !(await lstat(source)).isSymbolicLink(),
  });
  return join(folder, 'native');
}
