import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findOnPath } from '../../tools/support/find-on-path.ts';

/** Debian installs it where only root looks. */
const usualPlace = '/usr/sbin/pgbouncer';

/** The machine's PgBouncer; null without one. */
export async function findPgBouncer(): Promise<string | null> {
  return (await findOnPath('pgbouncer')) ?? (await isExecutable(usualPlace));
}

async function isExecutable(program: string): Promise<string | null> {
  return promisify(execFile)(program, ['--version']).then(
    () => program,
    () => null,
  );
}

/** The version as one number, 11800 for 1.18. */
export async function pgBouncerVersion(program: string): Promise<number> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  const [, major = '0', minor = '0'] = stdout.match(/(\d+)\.(\d+)/) ?? [];
  return Number(major) * 10_000 + Number(minor) * 100;
}
