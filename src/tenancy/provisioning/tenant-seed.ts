import { hashPassword } from '../../auth/password.ts';
import type { TenantClient, TenantTransaction } from '../../db/tenant-client.ts';
import { reconcileHolidays } from '../rights/reconcile-holidays.ts';
import { reconcileRights } from '../rights/reconcile-rights.ts';
import type { FirstAdministrator } from './first-administrator.ts';

/** The first administrator with the password to sign in with. */
export interface SeededAdministrator extends Omit<FirstAdministrator, 'password' | 'passwordState'> {
  readonly password: string;
}

/**
 * Writes what every tenant starts with: the catalogue of permissions, the system roles, public holidays and the
 * first administrator. Run again, it adds what is missing and gives an administrator who has never signed in the registered
 * password. A generated one is valid for one sign-in, and only while it is kept.
 * @returns the administrator's id.
 */
export async function seedTenant(db: TenantClient, administrator: SeededAdministrator): Promise<string> {
  const passwordHash = await hashPassword(administrator.password);
  return db.$transaction(async (transaction) => {
    const run = (text: string, values: readonly string[]) => transaction.$executeRawUnsafe(text, ...values);
    await reconcileRights(run);
    await reconcileHolidays(run, new Date().getUTCFullYear());
    return seedAdministrator(transaction, administrator, passwordHash);
  });
}

async function seedAdministrator(
  db: TenantTransaction,
  { username, email, passwordIsGenerated, passwordExpiresAt }: SeededAdministrator,
  passwordHash: string,
): Promise<string> {
  const password = {
    passwordHash,
    mustChangePassword: passwordIsGenerated,
    passwordExpiresAt: passwordIsGenerated ? passwordExpiresAt : null,
  };
  const role = await db.role.findFirstOrThrow({
    where: { code: 'tenant_admin', deletedAt: null },
    select: { id: true },
  });
  const existing = await db.user.findFirst({
    where: { username, deletedAt: null },
    select: { id: true, lastLoginAt: true },
  });
  // The tenant was in service before its central record was restored from an earlier time.
  if (existing && existing.lastLoginAt !== null) return existing.id;
  const { id } = existing
    ? await db.user.update({
        where: { id: existing.id },
        data: { ...password, roleId: role.id },
        select: { id: true },
      })
    : await db.user.create({
        data: { username, email, ...password, fullName: 'Administrator', roleId: role.id },
        select: { id: true },
      });
  return id;
}
