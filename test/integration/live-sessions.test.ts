import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLiveManagerSession, readLiveSession, readLiveSessionIn } from '../../src/auth/rights.ts';
import type { TenantStatement } from '../../src/db/tenant-statements.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { addUser } from '../support/session-client.ts';
import { administratorRoleId } from '../support/sessions.ts';

let fleet: TestFleet;
let acme: TestTenant;
/** A process that has not met the sessions before, so that it reads each of them. */
let stranger: GraphQLClient;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  stranger = fleet.startApp().graphql;
});
afterAll(() => fleet.close());

/** Both ways to read a user's session: of a request, and in a transaction. */
async function readBoth(sessionId: string) {
  const run = ({ text }: TenantStatement, values: readonly unknown[]) =>
    acme.db.$queryRawUnsafe<unknown[]>(text, ...values);
  return [await readLiveSession({ run }, sessionId), await readLiveSessionIn(acme.db, sessionId)];
}

const past = () => new Date(Date.now() - 1_000);

describe('a user’s session', () => {
  async function begin() {
    const username = `user-${randomUUID().slice(0, 8)}`;
    const roleId = await administratorRoleId(acme);
    const userId = await addUser(acme, username, { roleId });
    const { accessToken } = await fleet.signIn('acme01', username);
    const { id } = await acme.db.session.findFirstOrThrow({ where: { userId } });
    const ask = async () => (await stranger('{ me { username } }', { token: accessToken })).codes;
    return { id, userId, username, ask };
  }

  it('that goes on is live, with what the user may do', async () => {
    const { id, userId, username, ask } = await begin();
    const [session, inTransaction] = await readBoth(id);
    expect(session).toMatchObject({ userId, username, role: 'tenant_admin' });
    expect(session?.permissions.has('users:write')).toBe(true);
    expect(inTransaction).toEqual(session);
    expect(await ask()).toEqual([]);
  });

  it.each<[string, (role: { roleId: string; userId: string }) => Promise<unknown>, string[]]>([
    [
      'whose role is deleted',
      ({ roleId }) => acme.db.role.update({ where: { id: roleId }, data: { deletedAt: past() } }),
      [],
    ],
    [
      'whose role has lost a permission',
      ({ roleId }) =>
        acme.db.rolePermission.updateMany({
          where: { roleId, permission: { code: 'users:read' } },
          data: { deletedAt: past() },
        }),
      ['roles:read'],
    ],
    [
      'without a role',
      ({ userId }) => acme.db.user.update({ where: { id: userId }, data: { roleId: null } }),
      [],
    ],
  ])('of a user %s is live with what is left to them', async (_what, change, left) => {
    const { id, userId } = await begin();
    const codes = ['users:read', 'roles:read'];
    const granted = await acme.db.permission.findMany({ where: { code: { in: codes } } });
    const { id: roleId } = await acme.db.role.create({
      data: {
        code: `role-${randomUUID().slice(0, 8)}`,
        name: 'Some',
        rolePermissions: { create: granted.map((permission) => ({ permissionId: permission.id })) },
      },
    });
    await acme.db.user.update({ where: { id: userId }, data: { roleId } });
    const [before] = await readBoth(id);
    expect([...(before?.permissions ?? [])].sort()).toEqual([...codes].sort());
    await change({ roleId, userId });
    for (const session of await readBoth(id)) {
      expect(session).toMatchObject({ userId, role: 'tenant_user', permissions: new Set(left) });
    }
  });

  it.each<[string, (session: { id: string; userId: string }) => Promise<unknown>]>([
    [
      'of a user who is inactive',
      ({ userId }) => acme.db.user.update({ where: { id: userId }, data: { isActive: false } }),
    ],
    [
      'of a user who is deleted',
      ({ userId }) => acme.db.user.update({ where: { id: userId }, data: { deletedAt: past() } }),
    ],
    ['that was ended', ({ id }) => acme.db.session.update({ where: { id }, data: { revokedAt: past() } })],
    [
      'whose time is over',
      ({ id }) => acme.db.session.update({ where: { id }, data: { expiresAt: past() } }),
    ],
    ['that is not there', ({ id }) => acme.db.session.delete({ where: { id } })],
  ])('%s is not live', async (_what, change) => {
    const session = await begin();
    await change(session);
    expect(await readBoth(session.id)).toEqual([null, null]);
    expect(await session.ask()).toEqual(['UNAUTHENTICATED']);
  });
});

describe('a manager’s session', () => {
  async function begin() {
    const { central } = fleet.tools;
    const username = `manager-${randomUUID().slice(0, 8)}`;
    const { accessToken } = await fleet.signInManager(username);
    const { id: managerId } = await central.manager.findUniqueOrThrow({ where: { username } });
    const { id } = await central.managerSession.findFirstOrThrow({ where: { managerId } });
    const { data } = await fleet.graphql(
      'mutation { enterTenant(tenantKey: "acme01", reason: "Test") { accessToken } }',
      { token: accessToken },
    );
    const ask = async () => [
      ...(await stranger('{ currentManager { username } }', { token: accessToken })).codes,
      ...(await stranger('{ users { edges { cursor } } }', { token: data.enterTenant.accessToken })).codes,
    ];
    return { central, id, managerId, username, ask };
  }

  it('that goes on is live', async () => {
    const { central, id, managerId, username, ask } = await begin();
    expect(await readLiveManagerSession(central, id)).toMatchObject({
      userId: managerId,
      username,
      role: 'manager',
    });
    expect(await ask()).toEqual([]);
  });

  it.each<[string, (session: Awaited<ReturnType<typeof begin>>) => Promise<unknown>]>([
    [
      'of a manager who is inactive',
      ({ central, managerId }) =>
        central.manager.update({ where: { id: managerId }, data: { isActive: false } }),
    ],
    [
      'of a manager who is deleted',
      ({ central, managerId }) =>
        central.manager.update({ where: { id: managerId }, data: { deletedAt: past() } }),
    ],
    [
      'that was ended',
      ({ central, id }) => central.managerSession.update({ where: { id }, data: { revokedAt: past() } }),
    ],
    [
      'whose time is over',
      ({ central, id }) => central.managerSession.update({ where: { id }, data: { expiresAt: past() } }),
    ],
    ['that is not there', ({ central, id }) => central.managerSession.delete({ where: { id } })],
  ])('%s is not live, in a tenant either', async (_what, change) => {
    const session = await begin();
    await change(session);
    expect(await readLiveManagerSession(session.central, session.id)).toBeNull();
    expect(await session.ask()).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });
});
