import { z } from 'zod';
import type { IdentityDatabase } from '../../db/identity-database.ts';
import { usernamesOf } from '../usernames.ts';

const accountSchema = z.object({
  id: z.uuid(),
  username: z.string(),
  password_hash: z.string(),
  is_active: z.boolean(),
  must_change_password: z.boolean(),
  password_expired: z.boolean(),
  device_generation: z.int(),
});

/** Somebody who can sign in: a tenant's user or a manager. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly passwordHash: string;
  /** Whether it may sign in. */
  readonly isActive: boolean;
  /** The password is single-use: the next sign-in must also send a new one. */
  readonly mustChangePassword: boolean;
  /** Such a password was not used in time. */
  readonly passwordExpired: boolean;
  /** The generation of its known devices. */
  readonly deviceGeneration: number;
}

/** The live account of that name, or null. Names are kept in lower case. */
export async function findAccount(
  { sql, tables }: IdentityDatabase,
  by: { readonly username: string } | { readonly id: string },
): Promise<Account | null> {
  const columns = await ('id' in by
    ? sql.$queryRaw`
        SELECT id::text, username, password_hash, is_active AND ${tables.hasAccess} AS is_active, must_change_password, device_generation,
               COALESCE(password_expires_at <= now(), false) AS password_expired
        FROM ${tables.accounts} WHERE id = ${by.id}::uuid AND deleted_at IS NULL`
    : sql.$queryRaw`
        SELECT id::text, username, password_hash, is_active AND ${tables.hasAccess} AS is_active, must_change_password, device_generation,
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
        deviceGeneration: row.device_generation,
      }
    : null;
}

/** Finds the live account that somebody means who types this username; null when there is none. */
export async function findTypedAccount(identity: IdentityDatabase, typed: string): Promise<Account | null> {
  for (const username of usernamesOf(typed)) {
    const account = await findAccount(identity, { username });
    if (account) return account;
  }
  return null;
}

/** Invalidates all devices that the account knows. */
export async function forgetDevices({ sql, tables }: IdentityDatabase, accountId: string): Promise<void> {
  await sql.$executeRaw`
    UPDATE ${tables.accounts} SET device_generation = device_generation + 1 WHERE id = ${accountId}::uuid`;
}

/**
 * Records that the account signs in with that password. In SQL, because signing in is no change of the account that
 * `updated_at` should tell of.
 * @returns the generation of its known devices; null when the account may no longer sign in or has a new password.
 */
export async function recordSignIn(
  { sql, tables }: IdentityDatabase,
  account: Pick<Account, 'id' | 'passwordHash'>,
): Promise<number | null> {
  const rows = await sql.$queryRaw`
    UPDATE ${tables.accounts} SET last_login_at = now()
    WHERE id = ${account.id}::uuid AND password_hash = ${account.passwordHash} AND is_active AND ${tables.hasAccess}
      AND deleted_at IS NULL
    RETURNING device_generation`;
  const [updated] = z.array(z.object({ device_generation: z.int() })).parse(rows);
  return updated?.device_generation ?? null;
}
