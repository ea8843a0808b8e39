import { stat } from 'node:fs/promises';
import { type Account, runCommand } from './run-command.ts';

/** Returns whether this process has root's rights, which PostgreSQL refuses to run with. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account PostgreSQL has to run under: the current user, or, for root, the owner of the existing cluster,
 * else the system user `postgres`, else `nobody`. Never creates a user.
 */
export async function accountForPostgres(clusterDirectory: string): Promise<Account> {
  if (!runsAsRoot()) {
    return {};
  }
  const account =
    (await ownerOf(clusterDirectory)) ?? (await findAccount('postgres')) ?? (await findAccount('nobody'));
  if (account === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and this system has neither a user postgres nor nobody',
    );
  }
  return account;
}

/** Returns whether the account can enter the folder, which takes passing through every folder above it. */
export async function canEnter(account: Account, directory: string): Promise<boolean> {
  const result = await runCommand('/bin/sh', ['-c', 'test -x "$1"', 'sh', directory], account);
  return result.succeeded;
}

async function ownerOf(path: string): Promise<Account | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

async function findAccount(name: string): Promise<Account | undefined> {
  const [user, group] = await Promise.all([
    runCommand('/usr/bin/id', ['-u', name], {}),
    runCommand('/usr/bin/id', ['-g', name], {}),
  ]);
  return user.succeeded && group.succeeded
    ? { uid: Number(user.output), gid: Number(group.output) }
    : undefined;
}
