import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLiveSession, readLiveSessionIn } from '../../src/auth/rights.ts';
import type { RowScope } from '../../src/auth/row-scopes.ts';
import type { TenantStatement } from '../../src/db/tenant-statements.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  // So long that changes are only heard of.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

async function addDepartment(parentId: string | null = null, more: object = {}): Promise<string> {
  const code = `D-${randomUUID()}`;
  const { id } = await acme.db.department.create({ data: { code, name: code, parentId, ...more } });
  return id;
}

/** Adds somebody without rights. @returns their id. */
const addMember = async (departmentId: string | null, more: object = {}): Promise<string> =>
  (await addPerson(fleet, acme, { roleId: null, permissions: [] }, { departmentId, ...more })).id;

const addViewer = (scope: RowScope, departmentId: string | null) =>
  addScopedPerson(fleet, acme, { 'assets:read': scope, 'users:read': 'ALL' }, { departmentId });

const nobody = 'nobody';

/** Gives an asset to everybody who has none, and one to nobody. Its code says whose it is. */
async function handOutAssets(): Promise<void> {
  const users = await acme.db.user.findMany({ where: { assets: { none: {} } }, select: { id: true } });
  const isOutOfStore = (await acme.db.asset.count({ where: { holderId: null } })) === 0;
  await acme.db.asset.createMany({
    data: [
      ...users.map(({ id }) => ({ code: id, name: 'Laptop', holderId: id })),
      ...(isOutOfStore ? [{ code: nobody, name: 'Laptop' }] : []),
    ],
  });
}

/** Asks whose assets a person sees, sorted. */
async function ownersSeenBy({ token }: Person): Promise<'everybody' | string[]> {
  await handOutAssets();
  const { data, codes } = await fleet.graphql('{ assets(first: 100) { edges { node { code } } } }', {
    token,
  });
  if (codes.includes('FORBIDDEN')) return [];
  expect(codes).toEqual([]);
  const owners = data.assets.edges.map(({ node }: { node: { code: string } }) => node.code).sort();
  return owners.includes(nobody) ? 'everybody' : owners;
}

const changeAsAdmin = async (document: string, variables: Readonly<Record<string, unknown>>) => {
  expect((await fleet.graphql(document, { token: admin.token, variables })).errors).toEqual([]);
};
const updateUser = (id: string, input: object) =>
  changeAsAdmin(
    'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }',
    { id, input },
  );

describe('whose rows a permission reaches', () => {
  it('with OWN: the viewer’s', async () => {
    const department = await addDepartment();
    const viewer = await addViewer('OWN', department);
    await addMember(department);
    expect(await ownersSeenBy(viewer)).toEqual([viewer.id]);
  });

  it('with DEPARTMENT: those of the viewer’s department and of all below it, and of nobody above or beside', async () => {
    const top = await addDepartment();
    const own = await addDepartment(top);
    const below = await addDepartment(await addDepartment(own));
    const viewer = await addViewer('DEPARTMENT', own);
    const members = [await addMember(own), await addMember(below)];
    await addMember(top);
    await addMember(await addDepartment(top));
    await addMember(null);
    expect(await ownersSeenBy(viewer)).toEqual([viewer.id, ...members].sort());
  });

  it('with DEPARTMENT: those of deleted users too, in deleted departments as well', async () => {
    const own = await addDepartment();
    const deletedAt = new Date();
    const viewer = await addViewer('DEPARTMENT', own);
    const gone = await addMember(await addDepartment(own, { deletedAt }), { deletedAt });
    expect(await ownersSeenBy(viewer)).toEqual([viewer.id, gone].sort());
  });

  it('with DEPARTMENT and no department: the viewer’s, and of nobody else without one', async () => {
    const viewer = await addViewer('DEPARTMENT', null);
    await addMember(null);
    expect(await ownersSeenBy(viewer)).toEqual([viewer.id]);
  });

  it('with DEPARTMENT is found where departments form a circle', async () => {
    const one = await addDepartment();
    const other = await addDepartment(one);
    await acme.db.department.update({ where: { id: one }, data: { parentId: other } });
    const viewer = await addViewer('DEPARTMENT', one);
    const member = await addMember(other);
    expect(await ownersSeenBy(viewer)).toEqual([viewer.id, member].sort());
  });

  it('with ALL, and for a manager: everybody’s', async () => {
    expect(await ownersSeenBy(await addViewer('ALL', null))).toBe('everybody');
    expect(await ownersSeenBy(await addManager(fleet, 'acme01'))).toBe('everybody');
  });

  it('without the permission: nobody’s', async () => {
    const viewer = await addPerson(fleet, acme, { permissions: ['users:read'] });
    expect(await ownersSeenBy(viewer)).toEqual([]);
  });

  it('is read in a transaction as it is for a request, and colleagues only for DEPARTMENT', async () => {
    const department = await addDepartment();
    const run = ({ text }: TenantStatement, values: readonly unknown[]) =>
      acme.db.$queryRawUnsafe<unknown[]>(text, ...values);
    for (const scope of ['OWN', 'DEPARTMENT', 'ALL'] as const) {
      const { id } = await addViewer(scope, department);
      const session = await readLiveSession({ run }, id);
      expect(session?.reach.scopes).toEqual(
        new Map([
          ['assets:read', scope],
          ['users:read', 'ALL'],
        ]),
      );
      expect(session?.reach.colleagueIds.includes(id)).toBe(scope === 'DEPARTMENT');
      expect(await readLiveSessionIn(acme.db, id)).toEqual(session);
    }
  });
});

describe('whose rows a permission reaches changes with the next request', () => {
  /** Somebody with DEPARTMENT and a department, whose session the application remembers. */
  async function rememberedViewer() {
    const own = await addDepartment();
    const viewer = await addViewer('DEPARTMENT', own);
    const member = await addMember(own);
    await expectOwners(viewer, [viewer.id, member]);
    return { own, viewer, member };
  }

  async function expectOwners(viewer: Person, owners: readonly string[]): Promise<void> {
    expect(await ownersSeenBy(viewer)).toEqual([...owners].sort());
  }

  it('when a department is moved', async () => {
    const { own, viewer, member } = await rememberedViewer();
    const joining = await addDepartment();
    const joined = await addMember(joining);
    const update =
      'mutation ($id: ID!, $to: ID) { updateDepartment(departmentId: $id, input: { parentId: $to }) { uuid } }';
    await changeAsAdmin(update, { id: joining, to: own });
    await expectOwners(viewer, [viewer.id, member, joined]);
    await changeAsAdmin(update, { id: joining, to: null });
    await expectOwners(viewer, [viewer.id, member]);
  });

  it('when a colleague moves away, and when the viewer does', async () => {
    const { viewer, member } = await rememberedViewer();
    const other = await addDepartment();
    await updateUser(member, { departmentId: other });
    await expectOwners(viewer, [viewer.id]);
    await updateUser(viewer.id, { departmentId: other });
    await expectOwners(viewer, [viewer.id, member]);
  });

  it('when the role’s scope changes', async () => {
    const { viewer } = await rememberedViewer();
    await changeAsAdmin(
      'mutation ($id: ID!) { updateRole(roleId: $id, input: { scopes: [{ permission: "assets:read", scope: OWN }] }) { uuid } }',
      { id: viewer.roleId },
    );
    await expectOwners(viewer, [viewer.id]);
  });

  it('when the viewer gets a role of another scope', async () => {
    const { viewer } = await rememberedViewer();
    const { roleId } = await addViewer('OWN', null);
    await updateUser(viewer.id, { roleId });
    await expectOwners(viewer, [viewer.id]);
  });
});
