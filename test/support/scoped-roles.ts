import type { RowScope } from '../../src/auth/row-scopes.ts';
import type { TestFleet, TestTenant } from './fleet.ts';
import { addPerson, addRole, type Person } from './people.ts';

/** Permissions with the scopes for which a role grants them. */
export type ScopedPermissions = Readonly<Record<string, RowScope>>;

/** Adds a role that grants permissions for these rows past the application. @returns its id. */
export async function addScopedRole(
  tenant: TestTenant,
  permissions: ScopedPermissions,
  more: object = {},
): Promise<string> {
  const roleId = await addRole(tenant, Object.keys(permissions), more);
  for (const [code, scope] of Object.entries(permissions)) {
    await tenant.db.rolePermission.updateMany({ where: { roleId, permission: { code } }, data: { scope } });
  }
  return roleId;
}

/** Adds an active user with a role of their own past the application and signs them in. */
export async function addScopedPerson(
  fleet: TestFleet,
  tenant: TestTenant,
  permissions: ScopedPermissions,
  more: object = {},
): Promise<Person & { readonly roleId: string }> {
  const roleId = await addScopedRole(tenant, permissions);
  const person = await addPerson(fleet, tenant, { roleId, permissions: Object.keys(permissions) }, more);
  return { ...person, roleId };
}
