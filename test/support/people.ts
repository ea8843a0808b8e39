import { randomUUID } from 'node:crypto';
import { loadSigningKeys } from '../../src/auth/signing-keys.ts';
import { createTokenIssuer } from '../../src/auth/token-issuer.ts';
import type { AccessGrant } from '../../src/auth/viewer.ts';
import type { TestFleet, TestTenant } from './fleet.ts';
import { administratorRoleId, openSession } from './sessions.ts';

/** Somebody who is signed in. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly token: string;
}

/** A person's rights: a role's id, or the permissions of a separate role. */
export type PersonRights =
  | { readonly roleId: string | null; readonly permissions: readonly string[] }
  | { readonly permissions: readonly string[] };

/** Adds an active user past the application and signs them in, without hashing a password. */
export async function addPerson(
  fleet: TestFleet,
  tenant: TestTenant,
  rights: PersonRights,
  more: object = {},
): Promise<Person> {
  const username = `person-${randomUUID()}`;
  const roleId = 'roleId' in rights ? rights.roleId : await addRole(tenant, rights.permissions);
  const { id } = await tenant.db.user.create({
    data: {
      username,
      email: `${username}@example.com`,
      fullName: 'Somebody',
      passwordHash: 'none',
      roleId,
      ...more,
    },
    select: { id: true },
  });
  await openSession(tenant.db, id);
  const token = await issueToken(fleet, {
    userId: id,
    sessionId: id,
    tenantKey: tenant.tenantKey,
    role: 'tenant_user',
    permissions: new Set(rights.permissions),
  });
  return { id, username, token };
}

/** Adds an active administrator past the application and signs them in. */
export async function addAdministrator(fleet: TestFleet, tenant: TestTenant): Promise<Person> {
  const roleId = await administratorRoleId(tenant);
  const permissions = await tenant.db.permission.findMany({ select: { code: true } });
  return addPerson(fleet, tenant, { roleId, permissions: permissions.map(({ code }) => code) });
}

/** Adds a role with these permissions past the application. @returns its id. */
export async function addRole(
  { db }: TestTenant,
  codes: readonly string[],
  more: object = {},
): Promise<string> {
  const permissions = await db.permission.findMany({ where: { code: { in: [...codes] } } });
  const code = `role-${randomUUID()}`;
  const { id } = await db.role.create({
    data: {
      code,
      name: code,
      rolePermissions: { create: permissions.map(({ id: permissionId }) => ({ permissionId })) },
      ...more,
    },
    select: { id: true },
  });
  return id;
}

/** Adds a manager of the platform, signed in and in that tenant. */
export async function addManager(fleet: TestFleet, tenantKey: string | null): Promise<Person> {
  const { central } = fleet.tools;
  const username = `manager-${randomUUID().slice(0, 8)}`;
  const { id } = await central.manager.create({
    data: { username, email: `${username}@example.com`, fullName: 'Manager', passwordHash: 'none' },
    select: { id: true },
  });
  const expiresAt = new Date(Date.now() + 86_400_000);
  await central.managerSession.create({ data: { id, managerId: id, expiresAt } });
  const token = await issueToken(fleet, {
    userId: id,
    sessionId: id,
    tenantKey,
    role: 'manager',
    permissions: new Set(),
  });
  return { id, username, token };
}

/** An access token from the application's own issuer, for a session that is there. */
export async function issueToken({ configuration }: TestFleet, grant: AccessGrant): Promise<string> {
  const { tokens } = configuration;
  const issuer = createTokenIssuer(loadSigningKeys(tokens.keys), tokens);
  return (await issuer.issueAccessToken(grant)).accessToken;
}
