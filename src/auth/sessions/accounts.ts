import { z } from 'zod';
import type { IdentityDatabase } from '../../db/identity-database.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { type LockoutPolicy, longestLockSeconds } from '../lockout.ts';

const accountSchema = z.object({
  id: z.uuid(),
  username: z.string(),
  password_hash: z.string(),
  is_active: z.boolean(),
  must_change_password: z.boolean(),
  password_expired: z.boolean(),
});

/** Somebody who can sign in: a tenant's user or a manager. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly isActive: boolean;
  /** The password is for one sign-in, which has to bring a new one. */
  readonly mustChangePassword: boolean;
  /** Such a password was not used in time. */
  readonly passwordExpired: boolean;
}

/** The live account of that name, or null. Names are kept in lower case. */
export async function findAccount(
  { sql, tables }: IdentityDatabase,
  by: { readonly username: string } | { readonly id: string },
): Promise<Account | null> {
  const columns = await ('id' in by
    ? sql.$queryRaw`
        SELECT id::text, username, password_hash, is_active, must_change_password,
               COALESCE(password_expires_at <= now(), false) AS password_expired
        FROM ${tables.accounts} WHERE id = ${by.id}::uuid AND deleted_at IS NULL`
    : sql.$queryRaw`
        SELECT id::text, username, password_hash, is_active, must_change_password,
               COALESCE(password_expires_at <= now(), false) AS password_expired
        FROM ${tables.accounts} WHERE username = ${by.username} AND deleted_at IS NULL`);
  const [row] = z.array(accountSchema).parse(columns);
  return row
    ? {
        id: row.id,
        username: row.username,
        passwordHash: row.password_hash,
        isActive: row.is_active,
        mustChangePassword: row.must_change_password,
        passwordExpired: row.password_expired,
      }
    : null;
}

/** What an attempt to sign in came to before its password was looked at. */
export interface CountedAttempt {
  /** False while the account is locked. */
  readonly allowed: boolean;
  /** How many times in a row the account is locked now, when this attempt was the last before a lock; otherwise 0. */
  readonly locked: number;
}

/**
 * Counts an attempt as failed before it is checked, and says whether it may be made at all. Counting first
 * bounds the guesses that parallel requests get: each takes its turn on the row. Each lock in a row is twice as
 * long as the one before.
 */
export async function countAttempt(
  { sql, tables }: IdentityDatabase,
  accountId: string,
  { failureLimit, lockSeconds }: LockoutPolicy,
): Promise<CountedAttempt> {
  const number = Prisma.sql`CASE WHEN locked_until IS NULL THEN failed_login_attempts + 1 ELSE 1 END`;
  const seconds = Prisma.sql`LEAST(${lockSeconds} * 2 ^ LEAST(lock_count, 20), ${longestLockSeconds})`;
  const rows = await sql.$queryRaw`
    UPDATE ${tables.accounts}
    SET failed_login_attempts = ${number},
        lock_count = lock_count + CASE WHEN ${number} >= ${failureLimit} THEN 1 ELSE 0 END,
        locked_until = CASE WHEN ${number} >= ${failureLimit} THEN now() + make_interval(secs => ${seconds}) END
    WHERE id = ${accountId}::uuid AND (locked_until IS NULL OR locked_until <= now())
    RETURNING CASE WHEN locked_until IS NULL THEN 0 ELSE lock_count END AS locked`;
  const [counted] = z.array(z.object({ locked: z.int() })).parse(rows);
  return { allowed: counted !== undefined, locked: counted?.locked ?? 0 };
}

/** Forgets the failures of an account whose password was given rightly. */
export async function clearFailures({ sql, tables }: IdentityDatabase, accountId: string): Promise<void> {
  await sql.$executeRaw`
    UPDATE ${tables.accounts} SET failed_login_attempts = 0, lock_count = 0, locked_until = NULL
    WHERE id = ${accountId}::uuid`;
}

/**
 * Records that the account signs in with that password. In SQL, because signing in is no change of the account that
 * `updated_at` should tell of.
 * @returns false when the account may not sign in any more, or has another password now.
 */
export async function recordSignIn(
  { sql, tables }: IdentityDatabase,
  account: Pick<Account, 'id' | 'passwordHash'>,
): Promise<boolean> {
  const updated = await sql.$executeRaw`
    UPDATE ${tables.accounts} SET last_login_at = now()
    WHERE id = ${account.id}::uuid AND password_hash = ${account.passwordHash} AND is_active AND deleted_at IS NULL`;
  return updated === 1;
}
