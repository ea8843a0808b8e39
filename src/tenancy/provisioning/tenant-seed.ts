import { hashPassword } from '../../auth/password.ts';
import { permissionCatalogue } from '../../auth/permissions.ts';
import { type SystemRole, systemRoles } from '../../auth/system-roles.ts';
import type { TenantClient, TenantTransaction } from '../../db/tenant-client.ts';
import type { FirstAdministrator } from './first-administrator.ts';

/** The first administrator with the password to sign in with. */
export interface SeededAdministrator extends Omit<FirstAdministrator, 'password' | 'passwordState'> {
  readonly password: string;
}

/**
 * Writes what every tenant starts with: the catalogue of permissions, the system roles and the first
 * administrator. Run again, it adds what is missing and gives an administrator who has never signed in the registered
 * password. A generated one is valid for one sign-in, and only while it is kept.
 * @returns the administrator's id.
 */
export async function seedTenant(db: TenantClient, administrator: SeededAdministrator): Promise<string> {
  const passwordHash = await hashPassword(administrator.password);
  return db.$transaction(async (transaction) => {
    await seedPermissions(transaction);
    for (const role of systemRoles) await seedRole(transaction, role);
    return seedAdministrator(transaction, administrator, passwordHash);
  });
}

async function seedPermissions(db: TenantTransaction): Promise<void> {
  await db.permission.createMany({ data: [...permissionCatalogue], skipDuplicates: true });
}

async function seedRole(db: TenantTransaction, role: SystemRole): Promise<void> {
  const { code, name, description } = role;
  await db.role.createMany({ data: [{ code, name, description, isSystemRole: true }], skipDuplicates: true });
  const { id: roleId } = await db.role.findFirstOrThrow({
    where: { code, deletedAt: null },
    select: { id: true },
  });
  const permissions = await db.permission.findMany({
    where: { code: { in: [...role.permissions] }, deletedAt: null },
    select: { id: true },
  });
  await db.rolePermission.createMany({
    data: permissions.map(({ id }) => ({ roleId, permissionId: id })),
    skipDuplicates: true,
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
