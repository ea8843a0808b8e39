import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { IdentityDatabase } from '../../db/identity-database.ts';
import type { Passwords } from '../password-queue.ts';
import { forgetAttempts } from './account-attempts.ts';

/** So many of an account's passwords, the current one included, may not be chosen again. */
const passwordHistoryLength = 5;

/** Returns whether the password is the account's current one, or among the last {@link passwordHistoryLength}. */
export async function wasUsedLately(
  { sql, tables }: IdentityDatabase,
  account: { readonly id: string; readonly passwordHash: string },
  password: string,
  passwords: Passwords,
): Promise<boolean> {
  const rows = await sql.$queryRaw`
    SELECT password_hash FROM ${tables.passwordHistory}
    WHERE account_id = ${account.id}::uuid ORDER BY created_at DESC, id DESC LIMIT ${passwordHistoryLength}`;
  const hashes = z.array(z.object({ password_hash: z.string() })).parse(rows);
  const distinct = new Set([account.passwordHash, ...hashes.map((row) => row.password_hash)]);
  // One after the other: each takes 19 MiB.
  for (const hash of [...distinct].slice(0, passwordHistoryLength)) {
    if (await passwords.verify(hash, password)) return true;
  }
  return false;
}

/** A password to be stored. */
export interface NewPassword {
  readonly passwordHash: string;
  /** For a password that somebody else has made up: it is good for one sign-in before this moment. */
  readonly oneTimeUntil: Date | null;
}

/**
 * Sets the account's password, unlocks the account, forgets its known devices, and keeps the old password in the
 * history. Call it in a transaction.
 * @param account has the hash that the change was checked against; if another change came first, nothing changes.
 * @returns whether it was changed.
 */
export async function storePassword(
  identity: IdentityDatabase,
  account: { readonly id: string; readonly passwordHash: string },
  { passwordHash, oneTimeUntil }: NewPassword,
): Promise<boolean> {
  const { sql, tables } = identity;
  const changed = await sql.$executeRaw`
    UPDATE ${tables.accounts}
    SET password_hash = ${passwordHash}, must_change_password = ${oneTimeUntil !== null},
        password_expires_at = ${oneTimeUntil}, device_generation = device_generation + 1, updated_at = now()
    WHERE id = ${account.id}::uuid AND password_hash = ${account.passwordHash} AND deleted_at IS NULL`;
  if (changed === 0) return false;
  await forgetAttempts(identity, account.id);
  // The one replaced is there already, unless it is the account's first.
  for (const [hash, age] of [
    // Times are kept in milliseconds, and the order of the two must not be left to chance.
    [account.passwordHash, 1],
    [passwordHash, 0],
  ] as const) {
    await sql.$executeRaw`
      INSERT INTO ${tables.passwordHistory} (id, account_id, password_hash, created_at)
      SELECT ${randomUUID()}::uuid, ${account.id}::uuid, ${hash}, clock_timestamp() - make_interval(secs => ${age})
      WHERE NOT EXISTS (
        SELECT FROM ${tables.passwordHistory} WHERE account_id = ${account.id}::uuid AND password_hash = ${hash}
      )`;
  }
  await sql.$executeRaw`
    DELETE FROM ${tables.passwordHistory} WHERE account_id = ${account.id}::uuid AND id NOT IN (
      SELECT id FROM ${tables.passwordHistory} WHERE account_id = ${account.id}::uuid
      ORDER BY created_at DESC, id DESC LIMIT ${passwordHistoryLength}
    )`;
  return true;
}
