import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RowScope, rowScopes } from '../../src/auth/row-scopes.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { addManager, type Person } from '../support/people.ts';
import { addScopedPerson, addScopedRole } from '../support/scoped-roles.ts';
import { readEveryRow } from '../support/snapshots.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  // So long that what isn't announced is only seen by looking for it.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

/** All that concerns people and their roles. */
const personnel = Object.fromEntries(
  ['users', 'roles', 'branches'].flatMap((resource) =>
    ['read', 'write', 'delete'].map((action) => [`${resource}:${action}`, 'ALL' as const]),
  ),
);

/** Adds somebody who manages people and roles, and may see assets of that scope. */
const addOfficer = (scope: RowScope) => addScopedPerson(fleet, acme, { ...personnel, 'assets:read': scope });

const ask = ({ token }: Person, query: string, variables: Readonly<Record<string, unknown>>) =>
  fleet.graphql(query, { token, variables });

const input = (scope: RowScope) => ({
  permissions: ['assets:read'],
  scopes: [{ permission: 'assets:read', scope }],
});
const createRole = (officer: Person, granted: object) =>
  ask(officer, 'mutation ($input: RoleCreateInput!) { createRole(input: $input) { uuid } }', {
    input: { code: `r-${randomUUID()}`, name: 'New', ...granted },
  });
const updateRole = (officer: Person, id: string, changes: object) =>
  ask(
    officer,
    'mutation ($id: ID!, $input: RoleUpdateInput!) { updateRole(roleId: $id, input: $input) { uuid } }',
    { id, input: changes },
  );
const createUser = (officer: Person, roleId: string) => {
  const username = `new-${randomUUID()}`;
  return ask(officer, 'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }', {
    input: { username, email: `${username}@example.com`, password: testPassword, fullName: 'New', roleId },
  });
};
const updateUser = (officer: Person, id: string, changes: object) =>
  ask(
    officer,
    'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }',
    { id, input: changes },
  );
const about = (field: string) => (officer: Person, id: string) =>
  ask(officer, `mutation ($id: ID!) { ${field} }`, { id });

/** Sends what each scope needs; expects what is beyond the officer's own to change nothing, and the rest to be done. */
async function expectUpTo(held: RowScope, send: (wanted: RowScope) => Promise<() => Promise<ClientAnswer>>) {
  const mine = rowScopes.indexOf(held);
  for (const [index, wanted] of rowScopes.entries()) {
    const act = await send(wanted);
    const before = await readEveryRow(acme.db);
    const { codes } = await act();
    expect([wanted, codes]).toEqual([wanted, index <= mine ? [] : ['FORBIDDEN']]);
    if (index > mine) expect(await readEveryRow(acme.db)).toEqual(before);
  }
}

const own = { name: 'Own' };
const gone = () => ({ deletedAt: new Date() });
const roleOf = (scope: RowScope, more: object = {}) => addScopedRole(acme, { 'assets:read': scope }, more);
const userWith = async (scope: RowScope, more: object = {}) =>
  (await addScopedPerson(fleet, acme, { 'assets:read': scope }, more)).id;

describe.each(rowScopes)('somebody with a permission for %s', (held) => {
  let officer: Person;
  beforeAll(async () => {
    officer = await addOfficer(held);
  });

  it('makes roles that grant it for as many rows at most', async () => {
    await expectUpTo(held, async (wanted) => () => createRole(officer, input(wanted)));
  });

  it('grants it for as many rows at most in a role that is there', async () => {
    const roleId = await roleOf('OWN');
    await expectUpTo(held, async (wanted) => () => updateRole(officer, roleId, input(wanted)));
  });

  it.each<[string, object, (officer: Person, id: string) => Promise<ClientAnswer>]>([
    ['changes', {}, (by, id) => updateRole(by, id, own)],
    ['narrows', {}, (by, id) => updateRole(by, id, input('OWN'))],
    ['deletes', {}, about('deleteRole(roleId: $id) { success }')],
    ['restores', gone(), about('restoreRole(roleId: $id) { uuid }')],
    ['adds users with', {}, createUser],
  ])('%s roles that grant it for as many rows at most', async (_what, more, act) => {
    await expectUpTo(held, async (wanted) => {
      const roleId = await roleOf(wanted, more);
      return () => act(officer, roleId);
    });
  });

  it('gives roles that grant it for as many rows at most', async () => {
    const userId = await userWith('OWN');
    await expectUpTo(held, async (wanted) => {
      const roleId = await roleOf(wanted);
      return () => updateUser(officer, userId, { roleId });
    });
  });

  it.each<[string, object, (officer: Person, id: string) => Promise<ClientAnswer>]>([
    ['changes', {}, (by, id) => updateUser(by, id, { fullName: 'Other' })],
    ['takes the role from', {}, (by, id) => updateUser(by, id, { roleId: null })],
    ['resets the password of', {}, about('resetPassword(userId: $id) { expiresAt }')],
    ['signs out', {}, about('logoutEverywhere(userId: $id) { success }')],
    ['deletes', {}, about('deleteUser(userId: $id) { success }')],
    ['restores', gone(), about('restoreUser(userId: $id) { uuid }')],
  ])('%s users who have it for as many rows at most', async (_what, more, act) => {
    await expectUpTo(held, async (wanted) => {
      const userId = await userWith(wanted, more);
      return () => act(officer, userId);
    });
  });
});

describe('a refusal for a scope', () => {
  const messageOf = async (answer: Promise<ClientAnswer>) => (await answer).errors[0]?.message;

  it('names the permission with the rows that are too many', async () => {
    const officer = await addOfficer('OWN');
    expect(await messageOf(createRole(officer, { permissions: ['assets:read'] }))).toBe(
      'You can’t grant permissions that you don’t have: assets:read (ALL).',
    );
    expect(await messageOf(createUser(officer, await roleOf('DEPARTMENT')))).toBe(
      'You can’t assign a role with more permissions than you have: assets:read (DEPARTMENT).',
    );
  });

  it('tells nothing of a role to who may not read roles', async () => {
    const { 'roles:read': _unread, ...rest } = personnel;
    const officer = await addScopedPerson(fleet, acme, { ...rest, 'assets:read': 'OWN' });
    expect(await messageOf(updateRole(officer, await roleOf('ALL'), own))).toBe(
      'You can’t change a role with more permissions than you have.',
    );
  });
});

it('a manager grants a permission for all rows', async () => {
  const manager = await addManager(fleet, 'acme01');
  expect((await createRole(manager, input('ALL'))).codes).toEqual([]);
});

describe('a request in the middle of which the viewer’s own scope changes', () => {
  const changeThenGoOn = async (scope: RowScope) => {
    const officer = await addOfficer('DEPARTMENT');
    const code = `B-${randomUUID()}`;
    const { errors } = await ask(
      officer,
      `mutation ($id: ID!, $input: RoleUpdateInput!, $code: String!) {
        updateRole(roleId: $id, input: $input) { uuid }
        createBranch(input: { code: $code, name: "Later" }) { uuid }
      }`,
      { id: officer.roleId, input: { scopes: [{ permission: 'assets:read', scope }] }, code },
    );
    return { errors, branches: await acme.db.branch.count({ where: { code } }) };
  };

  it('ends when there are fewer rows, as it does without the permission', async () => {
    const { errors, branches } = await changeThenGoOn('OWN');
    expect(errors).toMatchObject([{ path: ['createBranch'], extensions: { code: 'FORBIDDEN' } }]);
    expect(errors[0]?.message).toBe('Your permissions have just changed. Try again.');
    expect(branches).toBe(0);
  });

  it('is refused when there are fewer by a change that nobody has announced', async () => {
    const officer = await addOfficer('DEPARTMENT');
    expect((await ask(officer, '{ me { username } }', {})).codes).toEqual([]);
    await acme.db.rolePermission.updateMany({
      where: { roleId: officer.roleId, permission: { code: 'assets:read' } },
      data: { scope: 'OWN' },
    });
    expect((await updateUser(officer, officer.id, { fullName: 'Other' })).codes).toEqual(['FORBIDDEN']);
    // Having looked, the application knows it.
    expect((await updateUser(officer, officer.id, { fullName: 'Other' })).codes).toEqual([]);
    expect((await createRole(officer, input('DEPARTMENT'))).codes).toEqual(['FORBIDDEN']);
  });

  it('goes on when there are as many', async () => {
    expect(await changeThenGoOn('DEPARTMENT')).toEqual({ errors: [], branches: 1 });
  });
});
