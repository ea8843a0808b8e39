import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { PermissionCode } from '../../src/auth/permissions.ts';
import { hashRefreshToken } from '../../src/auth/sessions/refresh-token-hash.ts';
import { type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { createManager, managerClaims } from '../support/managers.ts';
import { quickHash } from '../support/quick-hash.ts';
import { openSession, storeRefreshToken } from '../support/sessions.ts';
import { accessClaims, refreshClaims, signToken } from '../support/tokens.ts';
import type { Rows } from './rows.ts';

/** The columns of the table: the kinds of viewers. */
export const audiences = [
  'anonymous',
  'no role',
  'tenant_user',
  'tenant_admin',
  'manager',
  'manager in the tenant',
] as const;

/** A kind of viewer. */
export type Audience = (typeof audiences)[number];

/** Viewers who may get nothing: some of the audiences, or those who hold some permissions alone. */
export type Unserved = Audience | 'holders';

/** A viewer who holds these permissions and no other. */
export type PermissionHolder = { readonly only: readonly PermissionCode[] };

/** A viewer with an account and a session of their own. */
export interface Viewer {
  /** Undefined for an anonymous viewer. */
  readonly token: string | undefined;
  /** The account's id: a user's, or a manager's when the tenant is null. */
  readonly id: string;
  readonly tenantKey: string | null;
  readonly username: string;
  readonly password: string;
  /** A refresh token of the account's session. */
  refreshToken(): Promise<string>;
}

/** Creates a viewer. */
export type CreateViewer = (who: Audience | PermissionHolder) => Promise<Viewer>;

/** Prepares to create viewers, each with a new account: the tenant's users and managers. */
export async function prepareViewers(
  fleet: TestFleet,
  { db, tenantKey }: TestTenant,
  rows: Rows,
): Promise<CreateViewer> {
  const passwordHash = await quickHash(testPassword);
  const { central } = fleet.tools;
  const sign = (claims: object) => signToken({ ...claims }, fleet.secretKey);
  const roleIds = new Map(
    (await db.role.findMany({ select: { code: true, id: true } })).map(({ code, id }) => [code, id]),
  );

  /** Returns the role that grants these permissions. */
  async function roleOf(codes: readonly PermissionCode[]): Promise<string> {
    const name = codes.join(' ');
    const known = roleIds.get(name);
    if (known !== undefined) return known;
    const permissions = await db.permission.findMany({
      where: { code: { in: [...codes] } },
      select: { id: true },
    });
    if (permissions.length !== codes.length) throw new Error(`The tenant lacks one of ${name}`);
    const { id } = await db.role.create({
      data: {
        code: `only-${roleIds.size}`,
        name: `Only some, ${roleIds.size}`,
        rolePermissions: { create: permissions.map((permission) => ({ permissionId: permission.id })) },
      },
    });
    roleIds.set(name, id);
    return id;
  }

  async function createUser(roleId: string | null): Promise<Omit<Viewer, 'token'>> {
    const id = randomUUID();
    const username = `viewer-${id}`;
    await db.user.create({
      data: {
        id,
        username,
        email: `${id}@example.com`,
        fullName: 'Viewer',
        passwordHash,
        roleId,
        departmentId: rows.department,
        branchId: rows.branch,
        createdBy: rows.author,
        updatedBy: rows.author,
      },
    });
    await openSession(db, id);
    return {
      id,
      tenantKey,
      username,
      password: testPassword,
      async refreshToken() {
        const token = await sign(refreshClaims(tenantKey, id));
        await storeRefreshToken(db, token);
        return token;
      },
    };
  }

  async function createManagerViewer(enteredTenantKey: string | null): Promise<Viewer> {
    const manager = await createManager(central, passwordHash);
    return {
      ...manager,
      tenantKey: null,
      password: testPassword,
      token: await sign(managerClaims(manager, enteredTenantKey)),
      async refreshToken() {
        const token = await sign({ ...refreshClaims('', manager.id), tenant_key: null });
        const { jti, exp } = z.object({ jti: z.uuid(), exp: z.int() }).parse(decodeJwt(token));
        await central.managerRefreshToken.create({
          data: {
            id: jti,
            sessionId: manager.id,
            tokenHash: hashRefreshToken(token),
            expiresAt: new Date(exp * 1_000),
          },
        });
        return token;
      },
    };
  }

  return async (who) => {
    if (who === 'manager') return createManagerViewer(null);
    if (who === 'manager in the tenant') return createManagerViewer(tenantKey);
    const roleId = typeof who === 'object' ? await roleOf(who.only) : (roleIds.get(who) ?? null);
    const user = await createUser(roleId);
    // The token claims every permission; the database decides which of them are granted.
    const token = who === 'anonymous' ? undefined : await sign(accessClaims(tenantKey, user.id));
    return { ...user, token };
  };
}
