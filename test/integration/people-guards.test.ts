import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer, GraphQLClient } from '../support/graphql-client.ts';
import {
  addAdministrator,
  addManager,
  addPerson,
  addRole,
  issueToken,
  type Person,
} from '../support/people.ts';
import { quickHash } from '../support/quick-hash.ts';
import { meetInTurn } from '../support/row-locks.ts';
import { administratorRoleId } from '../support/sessions.ts';
import { readEveryRow } from '../support/snapshots.ts';

let fleet: TestFleet;
let acme: TestTenant;
let elsewhere: GraphQLClient;
let administratorRole: string;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  elsewhere = fleet.startApp().graphql;
  administratorRole = await administratorRoleId(acme);
});
afterAll(() => fleet.close());

type Variables = Readonly<Record<string, unknown>>;
type Ask = (query: string, variables?: Variables) => Promise<ClientAnswer>;

/** Asks as that person, through one of the applications. */
const as =
  ({ token }: { readonly token: string }, graphql = fleet.graphql): Ask =>
  (query, variables = {}) =>
    graphql(query, { token, variables });

const updateUser = (ask: Ask, id: string, input: object) =>
  ask('mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }', {
    id,
    input,
  });
const deleteUser = (ask: Ask, id: string) =>
  ask('mutation ($id: ID!) { deleteUser(userId: $id) { success } }', { id });
const restoreUser = (ask: Ask, id: string) =>
  ask('mutation ($id: ID!) { restoreUser(userId: $id) { uuid role { code } } }', { id });
const resetPassword = (ask: Ask, id: string) =>
  ask('mutation ($id: ID!) { resetPassword(userId: $id) { temporaryPassword } }', { id });
const createUser = (ask: Ask, input: object) => {
  const username = `new-${randomUUID()}`;
  return ask('mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }', {
    input: { username, email: `${username}@example.com`, password: testPassword, fullName: 'New', ...input },
  });
};
const createRole = (ask: Ask, permissions: readonly string[], code = `r-${randomUUID()}`) =>
  ask('mutation ($input: RoleCreateInput!) { createRole(input: $input) { uuid } }', {
    input: { code, name: 'New', permissions },
  });
const updateRole = (ask: Ask, id: string, input: object) =>
  ask('mutation ($id: ID!, $input: RoleUpdateInput!) { updateRole(roleId: $id, input: $input) { uuid } }', {
    id,
    input,
  });
const deleteRole = (ask: Ask, id: string) =>
  ask('mutation ($id: ID!) { deleteRole(roleId: $id) { success } }', { id });
const restoreRole = (ask: Ask, id: string) =>
  ask('mutation ($id: ID!) { restoreRole(roleId: $id) { uuid } }', { id });
const logoutEverywhere = (ask: Ask, userId: string) =>
  ask('mutation ($id: ID) { logoutEverywhere(userId: $id) { success } }', { id: userId });
const revokeSession = (ask: Ask, userId: string) =>
  ask('mutation ($id: ID!) { revokeSession(sessionId: $id, userId: $id) { success } }', { id: userId });
const sessionsOf = (ask: Ask, userId: string) =>
  ask('query ($id: ID) { sessions(userId: $id) { address } }', { id: userId });

/** Expects a refusal that leaves every row of the tenant as it was, the audit log included. */
async function expectRefused(send: () => Promise<ClientAnswer>, codes: readonly string[]): Promise<void> {
  const before = await readEveryRow(acme.db);
  expect((await send()).codes).toEqual(codes);
  expect(await readEveryRow(acme.db)).toEqual(before);
}

/** All but the audit log, and all that concerns departments. */
const personnel = ['users', 'roles', 'branches'].flatMap((resource) =>
  ['read', 'write', 'delete'].map((action) => `${resource}:${action}`),
);

describe('somebody with some permissions', () => {
  let officer: Person;
  let officerRole: string;
  let ask: Ask;
  let strongRole: string;
  let weakRole: string;

  beforeAll(async () => {
    officerRole = await addRole(acme, personnel);
    officer = await addPerson(fleet, acme, { roleId: officerRole, permissions: personnel });
    ask = as(officer);
    strongRole = await addRole(acme, ['users:read', 'departments:read']);
    weakRole = await addRole(acme, ['users:read']);
  });

  it('gives nobody a role that permits more, by none of the ways', async () => {
    const colleague = await addPerson(fleet, acme, { roleId: weakRole, permissions: ['users:read'] });
    for (const roleId of [strongRole, administratorRole]) {
      await expectRefused(() => createUser(ask, { roleId }), ['FORBIDDEN']);
      await expectRefused(() => updateUser(ask, colleague.id, { roleId }), ['FORBIDDEN']);
      await expectRefused(() => updateUser(ask, officer.id, { roleId }), ['FORBIDDEN']);
    }
  });

  it('makes no role that permits more, nor any of those that are there', async () => {
    const more = ['users:read', 'audit:read'];
    await expectRefused(() => createRole(ask, more), ['FORBIDDEN']);
    await expectRefused(() => updateRole(ask, weakRole, { permissions: more }), ['FORBIDDEN']);
    await expectRefused(
      () => updateRole(ask, officerRole, { permissions: [...personnel, 'audit:read'] }),
      ['FORBIDDEN'],
    );
  });

  it('touches no role that permits more', async () => {
    const gone = await addRole(acme, ['departments:read'], { deletedAt: new Date() });
    await expectRefused(() => updateRole(ask, strongRole, { name: 'Mine' }), ['FORBIDDEN']);
    await expectRefused(() => updateRole(ask, strongRole, { permissions: ['users:read'] }), ['FORBIDDEN']);
    await expectRefused(() => deleteRole(ask, strongRole), ['FORBIDDEN']);
    await expectRefused(() => restoreRole(ask, gone), ['FORBIDDEN']);
  });

  it('neither changes, resets, deletes, restores nor signs out a user who may do more, nor sees their sessions', async () => {
    const boss = await addPerson(fleet, acme, {
      roleId: strongRole,
      permissions: ['users:read', 'departments:read'],
    });
    const formerBoss = await addPerson(
      fleet,
      acme,
      { roleId: strongRole, permissions: [] },
      { deletedAt: new Date() },
    );
    for (const change of [{ email: 'taken.over@example.com' }, { isActive: false }, { roleId: null }, {}]) {
      await expectRefused(() => updateUser(ask, boss.id, change), ['FORBIDDEN']);
    }
    await expectRefused(() => resetPassword(ask, boss.id), ['FORBIDDEN']);
    await expectRefused(() => deleteUser(ask, boss.id), ['FORBIDDEN']);
    await expectRefused(() => restoreUser(ask, formerBoss.id), ['FORBIDDEN']);
    await expectRefused(() => logoutEverywhere(ask, boss.id), ['FORBIDDEN']);
    await expectRefused(() => revokeSession(ask, boss.id), ['FORBIDDEN']);
    await expectRefused(() => sessionsOf(ask, boss.id), ['FORBIDDEN']);
  });

  it('does all of that to users and roles that permit no more', async () => {
    const colleague = await addPerson(fleet, acme, { roleId: officerRole, permissions: personnel });
    expect((await sessionsOf(ask, colleague.id)).codes).toEqual([]);
    expect((await revokeSession(ask, colleague.id)).codes).toEqual([]);
    expect((await logoutEverywhere(ask, colleague.id)).codes).toEqual([]);
    expect((await resetPassword(ask, colleague.id)).codes).toEqual([]);
    expect((await updateUser(ask, colleague.id, { roleId: weakRole, isActive: false })).codes).toEqual([]);
    expect((await deleteUser(ask, colleague.id)).codes).toEqual([]);
    expect((await restoreUser(ask, colleague.id)).codes).toEqual([]);
    const { data } = await createRole(ask, personnel);
    expect((await updateRole(ask, data.createRole.uuid, { permissions: ['users:read'] })).codes).toEqual([]);
    expect((await deleteRole(ask, data.createRole.uuid)).codes).toEqual([]);
    expect((await restoreRole(ask, data.createRole.uuid)).codes).toEqual([]);
  });

  it('brings back a user whose mightier role is gone, without it', async () => {
    const roleId = await addRole(acme, ['departments:read'], { deletedAt: new Date() });
    const { id } = await addPerson(fleet, acme, { roleId, permissions: [] }, { deletedAt: new Date() });
    expect((await restoreUser(ask, id)).data.restoreUser).toEqual({ uuid: id, role: null });
  });

  it('grants no more than the token at hand permits, whatever the role does', async () => {
    const roleId = administratorRole;
    const administrator = await addPerson(fleet, acme, {
      roleId,
      permissions: ['users:write', 'roles:write'],
    });
    const narrow = as(administrator);
    await expectRefused(() => createRole(narrow, ['users:read']), ['FORBIDDEN']);
    await expectRefused(() => createUser(narrow, { roleId: weakRole }), ['FORBIDDEN']);
    await expectRefused(() => updateUser(narrow, officer.id, { email: 'x@example.com' }), ['FORBIDDEN']);
    expect((await createUser(narrow, {})).codes).toEqual([]);
  });

  it('gets no more rights out of a token than the role grants by now', async () => {
    const roleId = await addRole(acme, ['users:read', 'users:write']);
    const user = await addPerson(fleet, acme, {
      roleId,
      permissions: ['users:read', 'users:write', 'roles:write'],
    });
    await expectRefused(() => createRole(as(user), []), ['FORBIDDEN']);
  });

  it('is no administrator by a role that is called so', async () => {
    await expectRefused(() => createRole(ask, ['users:read'], 'tenant_admin'), ['CONFLICT']);
    await expectRefused(() => updateRole(ask, weakRole, { code: 'tenant_admin' }), ['CONFLICT']);
    const { data } = await createRole(ask, ['users:read'], 'TENANT_ADMIN');
    const username = `namesake-${randomUUID()}`;
    await acme.db.user.create({
      data: {
        username,
        email: `${username}@example.com`,
        fullName: 'N',
        passwordHash: await quickHash(testPassword),
        roleId: data.createRole.uuid,
      },
    });
    const { accessToken } = await fleet.signIn('acme01', username);
    expect(decodeJwt(accessToken)).toMatchObject({ role: 'tenant_user', permissions: ['users:read'] });
  });
});

describe('a change of a role', () => {
  it('takes from its holders at once what it takes away, in every process', async () => {
    const roleId = await addRole(acme, ['users:read', 'branches:read']);
    const holder = await addPerson(fleet, acme, { roleId, permissions: ['users:read', 'branches:read'] });
    const read = (graphql: GraphQLClient) =>
      as(holder, graphql)('{ branches(first: 1) { edges { cursor } } }');
    expect((await read(fleet.graphql)).codes).toEqual([]);
    const admin = as(await addAdministrator(fleet, acme));
    expect((await updateRole(admin, roleId, { permissions: ['users:read'] })).codes).toEqual([]);
    expect((await read(fleet.graphql)).codes).toEqual(['FORBIDDEN']);
    expect((await read(elsewhere)).codes).toEqual(['FORBIDDEN']);
  });

  it('gives its holders what it adds with their next token', async () => {
    const roleId = await addRole(acme, ['users:read']);
    const holder = await addPerson(fleet, acme, { roleId, permissions: ['users:read'] });
    const admin = as(await addAdministrator(fleet, acme));
    await updateRole(admin, roleId, { permissions: ['users:read', 'branches:read'] });
    const query = '{ branches(first: 1) { edges { cursor } } }';
    expect((await as(holder)(query)).codes).toEqual(['FORBIDDEN']);
    const token = await issueToken(fleet, {
      userId: holder.id,
      sessionId: holder.id,
      tenantKey: 'acme01',
      role: 'tenant_user',
      permissions: new Set(['users:read', 'branches:read']),
    });
    expect((await as({ token })(query)).codes).toEqual([]);
  });
});

describe('a change that waits for another', () => {
  it('is not made by somebody whom the other has deleted, deactivated, demoted or signed out', async () => {
    const admin = as(await addAdministrator(fleet, acme));
    const ends = [
      (id: string) => deleteUser(admin, id),
      (id: string) => updateUser(admin, id, { isActive: false }),
      (id: string) => updateUser(admin, id, { roleId: null }),
      (id: string) => resetPassword(admin, id),
    ];
    for (const end of ends) {
      const other = await addAdministrator(fleet, acme);
      const answers = await meetInTurn(acme, [
        () => end(other.id),
        () => createUser(as(other, elsewhere), {}),
      ]);
      expect(answers[0]?.codes).toEqual([]);
      expect(['UNAUTHENTICATED', 'FORBIDDEN']).toContain(answers[1]?.codes[0]);
    }
  });

  it('brings nobody back who was deleted by it', async () => {
    const admin = as(await addAdministrator(fleet, acme));
    const other = await addAdministrator(fleet, acme);
    await meetInTurn(acme, [
      () => deleteUser(admin, other.id),
      () => restoreUser(as(other, elsewhere), other.id),
    ]);
    expect(await acme.db.user.count({ where: { id: other.id, deletedAt: null } })).toBe(0);
  });
});

describe('the last active administrator', () => {
  const activeAdministrators = () =>
    acme.db.user.count({ where: { roleId: administratorRole, isActive: true, deletedAt: null } });

  const retireAll = () =>
    acme.db.user.updateMany({ where: { roleId: administratorRole }, data: { roleId: null } });

  beforeEach(retireAll);
  afterEach(retireAll);

  const removals = {
    delete: (ask: Ask, id: string) => deleteUser(ask, id),
    demote: (ask: Ask, id: string) => updateUser(ask, id, { roleId: null }),
    deactivate: (ask: Ask, id: string) => updateUser(ask, id, { isActive: false }),
  };
  const kinds = ['delete', 'demote', 'deactivate'] as const;

  it.each(kinds)('stays, whoever wants to %s them', async (kind) => {
    const last = await addAdministrator(fleet, acme);
    const everything = await acme.db.permission.findMany();
    const equal = await addPerson(fleet, acme, { permissions: everything.map(({ code }) => code) });
    await expectRefused(() => removals[kind](as(equal), last.id), ['LAST_ADMINISTRATOR']);
    const manager = await addManager(fleet, 'acme01');
    await expectRefused(() => removals[kind](as(manager), last.id), ['LAST_ADMINISTRATOR']);
  });

  it('does not count those who are inactive, deleted, or hold a role like it', async () => {
    const last = await addAdministrator(fleet, acme);
    const manager = await addManager(fleet, 'acme01');
    const everything = await acme.db.permission.findMany();
    await addPerson(fleet, acme, { permissions: everything.map(({ code }) => code) });
    for (const state of [{ isActive: false }, { deletedAt: new Date() }]) {
      await addPerson(fleet, acme, { roleId: administratorRole, permissions: [] }, state);
    }
    for (const kind of kinds) {
      await expectRefused(() => removals[kind](as(manager), last.id), ['LAST_ADMINISTRATOR']);
    }
  });

  it('can’t step down, and may once there is another', async () => {
    const last = await addAdministrator(fleet, acme);
    await expectRefused(() => updateUser(as(last), last.id, { roleId: null }), ['LAST_ADMINISTRATOR']);
    await addAdministrator(fleet, acme);
    expect((await updateUser(as(last), last.id, { roleId: null })).codes).toEqual([]);
  });

  const pairs = kinds.flatMap((first) => kinds.map((second) => [first, second] as const));

  it.each(pairs)('is always left when two want to %s and %s each other at once', async (first, second) => {
    for (let round = 0; round < 3; round++) {
      const [one, two] = [await addAdministrator(fleet, acme), await addAdministrator(fleet, acme)];
      const answers = await meetInTurn(acme, [
        () => removals[first](as(one), two.id),
        () => removals[second](as(two, elsewhere), one.id),
      ]);
      expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
      expect(await activeAdministrators()).toBe(1);
      await retireAll();
    }
  });

  it('is one of the two all the same when there are more', async () => {
    await addAdministrator(fleet, acme);
    for (const [first, second] of pairs) {
      const [one, two] = [await addAdministrator(fleet, acme), await addAdministrator(fleet, acme)];
      const answers = await meetInTurn(acme, [
        () => removals[first](as(one), two.id),
        () => removals[second](as(two, elsewhere), one.id),
      ]);
      expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(1);
    }
  });

  it('is left when two remove the other and a third steps down at once', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await addAdministrator(fleet, acme), await addAdministrator(fleet, acme)];
      const manager = await addManager(fleet, 'acme01');
      await meetInTurn(acme, [
        () => updateUser(as(one), one.id, { roleId: null }),
        () => deleteUser(as(manager, elsewhere), two.id),
        () => updateUser(as(two, elsewhere), two.id, { roleId: null }),
      ]);
      expect(await activeAdministrators()).toBe(1);
      await retireAll();
    }
  });
});

describe('oneself', () => {
  it('can’t be deleted, deactivated or given a made-up password, by administrators either', async () => {
    const me = await addAdministrator(fleet, acme);
    await addAdministrator(fleet, acme);
    await expectRefused(() => deleteUser(as(me), me.id), ['FORBIDDEN']);
    await expectRefused(() => updateUser(as(me), me.id, { isActive: false }), ['FORBIDDEN']);
    await expectRefused(() => resetPassword(as(me), me.id), ['FORBIDDEN']);
    expect((await updateUser(as(me), me.id, { isActive: true, fullName: 'Me' })).codes).toEqual([]);
  });
});

describe('a system user', () => {
  it('is neither deleted, deactivated nor given another role, and may be changed otherwise', async () => {
    const roleId = await addRole(acme, ['users:read']);
    const { id } = await addPerson(fleet, acme, { roleId, permissions: [] }, { isSystemUser: true });
    for (const ask of [as(await addAdministrator(fleet, acme)), as(await addManager(fleet, 'acme01'))]) {
      await expectRefused(() => deleteUser(ask, id), ['FORBIDDEN']);
      await expectRefused(() => updateUser(ask, id, { isActive: false }), ['FORBIDDEN']);
      await expectRefused(() => updateUser(ask, id, { roleId: null }), ['FORBIDDEN']);
      expect((await updateUser(ask, id, { fullName: 'System', roleId })).codes).toEqual([]);
    }
  });
});

describe('a system role', () => {
  it('is neither changed nor deleted', async () => {
    const roles = await acme.db.role.findMany({ where: { isSystemRole: true } });
    expect(roles).toHaveLength(2);
    for (const ask of [as(await addAdministrator(fleet, acme)), as(await addManager(fleet, 'acme01'))]) {
      for (const { id } of roles) {
        await expectRefused(() => updateRole(ask, id, { name: 'Ours' }), ['FORBIDDEN']);
        await expectRefused(() => updateRole(ask, id, { permissions: [] }), ['FORBIDDEN']);
        await expectRefused(() => deleteRole(ask, id), ['FORBIDDEN']);
      }
    }
  });
});

describe('a refusal', () => {
  const names = permissionCatalogue.map(({ code }) => code);
  /** All rights of the other user but one. */
  const writers = ['users:write', 'users:delete', 'roles:write', 'roles:delete'];
  const refusals: Readonly<
    Record<string, (ask: Ask, target: { boss: Person; roleId: string }) => Promise<ClientAnswer>>
  > = {
    updateUser: (ask, { boss }) => updateUser(ask, boss.id, { fullName: 'Mine' }),
    deleteUser: (ask, { boss }) => deleteUser(ask, boss.id),
    resetPassword: (ask, { boss }) => resetPassword(ask, boss.id),
    logoutEverywhere: (ask, { boss }) => logoutEverywhere(ask, boss.id),
    revokeSession: (ask, { boss }) => revokeSession(ask, boss.id),
    createUser: (ask, { roleId }) => createUser(ask, { roleId }),
    updateRole: (ask, { roleId }) => updateRole(ask, roleId, { name: 'Mine' }),
    deleteRole: (ask, { roleId }) => deleteRole(ask, roleId),
  };

  async function refusalsFor(permissions: readonly string[], language: string) {
    const roleId = await addRole(acme, ['audit:read']);
    const boss = await addPerson(fleet, acme, { roleId, permissions: [] });
    const { token } = await addPerson(fleet, acme, { permissions });
    const ask: Ask = (query, variables = {}) =>
      fleet.graphql(query, { token, variables, headers: { 'accept-language': language } });
    const said: Record<string, string> = {};
    for (const [name, send] of Object.entries(refusals)) {
      const { codes, errors } = await send(ask, { boss, roleId });
      expect({ name, codes }).toEqual({ name, codes: ['FORBIDDEN'] });
      said[name] = JSON.stringify(errors);
    }
    return said;
  }

  it.each(['en', 'ko'])('names no right of others to who may not look it up, in %s', async (language) => {
    for (const [name, text] of Object.entries(await refusalsFor(writers, language))) {
      expect({ name, named: names.filter((code) => text.includes(code)) }).toEqual({ name, named: [] });
    }
  });

  it('names what a role permits to who may read roles, and what a user may do if they may read users too', async () => {
    const ofRoles = await refusalsFor([...writers, 'roles:read'], 'en');
    const ofBoth = await refusalsFor([...writers, 'roles:read', 'users:read'], 'en');
    for (const name of Object.keys(refusals)) {
      const isAboutRole = ['createUser', 'updateRole', 'deleteRole'].includes(name);
      expect({ name, named: ofRoles[name]?.includes('audit:read') }).toEqual({ name, named: isAboutRole });
      expect({ name, named: ofBoth[name]?.includes('audit:read') }).toEqual({ name, named: true });
    }
  });

  it('names what the viewer has asked to grant', async () => {
    const clerk = await addPerson(fleet, acme, { permissions: ['roles:write'] });
    const { errors } = await createRole(as(clerk), ['audit:read', 'roles:write']);
    expect(errors[0]?.message).toMatch(/: audit:read\.$/);
  });

  it('counts nobody for who may delete what they may not read', async () => {
    const [department, branch] = await Promise.all([
      acme.db.department.create({ data: { code: `D-${randomUUID()}`, name: 'Held' } }),
      acme.db.branch.create({ data: { code: `B-${randomUUID()}`, name: 'Held' } }),
    ]);
    const roleId = await addRole(acme, []);
    await addPerson(
      fleet,
      acme,
      { roleId, permissions: [] },
      { departmentId: department.id, branchId: branch.id },
    );
    const deletions = [
      ['roles', (ask: Ask) => deleteRole(ask, roleId)],
      [
        'departments',
        (ask: Ask) =>
          ask('mutation ($id: ID!) { deleteDepartment(departmentId: $id) { success } }', {
            id: department.id,
          }),
      ],
      [
        'branches',
        (ask: Ask) =>
          ask('mutation ($id: ID!) { deleteBranch(branchId: $id) { success } }', { id: branch.id }),
      ],
    ] as const;
    for (const [resource, remove] of deletions) {
      const deleter = as(await addPerson(fleet, acme, { permissions: [`${resource}:delete`] }));
      const reader = as(
        await addPerson(fleet, acme, { permissions: [`${resource}:delete`, `${resource}:read`] }),
      );
      const [kept, told] = [await remove(deleter), await remove(reader)];
      expect({ resource, codes: [...kept.codes, ...told.codes] }).toEqual({
        resource,
        codes: ['CONFLICT', 'CONFLICT'],
      });
      expect(kept.errors[0]?.extensions).toEqual({ code: 'CONFLICT', reason: 'IN_USE' });
      expect(kept.errors[0]?.message).not.toMatch(/\d/);
      expect(told.errors[0]?.message).toMatch(/users: 1/);
    }
  });
});

describe('a role that users hold', () => {
  let admin: Ask;

  beforeAll(async () => {
    admin = as(await addAdministrator(fleet, acme));
  });

  it('can’t be deleted, and it is said how many hold it', async () => {
    const roleId = await addRole(acme, ['users:read']);
    await addPerson(fleet, acme, { roleId, permissions: [] });
    await addPerson(fleet, acme, { roleId, permissions: [] }, { isActive: false });
    await addPerson(fleet, acme, { roleId, permissions: [] }, { deletedAt: new Date() });
    const { errors } = await deleteRole(admin, roleId);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      dependents: [{ type: 'User', count: 2 }],
    });
    expect(await acme.db.role.count({ where: { id: roleId, deletedAt: null } })).toBe(1);
  });

  const givings = {
    createUser: async (roleId: string) =>
      createUser(as(await addAdministrator(fleet, acme), elsewhere), { roleId }),
    updateUser: async (roleId: string) => {
      const { id } = await addPerson(fleet, acme, { roleId: null, permissions: [] });
      return updateUser(as(await addAdministrator(fleet, acme), elsewhere), id, { roleId });
    },
    restoreUser: async (roleId: string) => {
      const { id } = await addPerson(fleet, acme, { roleId, permissions: [] }, { deletedAt: new Date() });
      return restoreUser(as(await addAdministrator(fleet, acme), elsewhere), id);
    },
  };

  it.each(['createUser', 'updateUser', 'restoreUser'] as const)(
    'is never a deleted one, when %s gives it while it is being deleted',
    async (way) => {
      for (let round = 0; round < 4; round++) {
        const roleId = await addRole(acme, ['users:read']);
        const deletion = () => deleteRole(admin, roleId);
        const giving = () => givings[way](roleId);
        // Both orders of arrival, since the first to wait is the first to act.
        const answers = await meetInTurn(acme, round % 2 === 0 ? [deletion, giving] : [giving, deletion]);
        expect(answers[0]?.codes).toEqual([]);
        const holders = await acme.db.user.count({ where: { roleId, deletedAt: null } });
        const deleted = await acme.db.role.count({ where: { id: roleId, deletedAt: { not: null } } });
        expect(holders + deleted).toBe(1);
      }
    },
  );
});
