import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowScope } from '../../src/auth/row-scopes.ts';
import { systemRoles } from '../../src/auth/system-roles.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

type Variables = Readonly<Record<string, unknown>>;

const ask = (query: string, variables: Variables = {}, { token }: Person = admin) =>
  fleet.graphql(query, { token, variables });

const createRole = (input: object) =>
  ask('mutation ($input: RoleCreateInput!) { answer: createRole(input: $input) { uuid } }', {
    input: { code: `R-${randomUUID()}`, name: 'A role', ...input },
  });

const updateRole = (id: string, input: object) =>
  ask(
    'mutation ($id: ID!, $input: RoleUpdateInput!) { answer: updateRole(roleId: $id, input: $input) { uuid } }',
    { id, input },
  );

const scoped = (permission: string, scope: string) => ({ permission, scope });

/** Creates a role. @returns its UUID. */
async function addRole(permissions: readonly string[], scopes?: readonly object[]): Promise<string> {
  const { data, errors } = await createRole({ permissions, scopes });
  expect(errors).toEqual([]);
  return data.answer.uuid;
}

async function scopesOf(id: string): Promise<Record<string, RowScope>> {
  const { data } = await ask('query ($id: ID!) { role(roleId: $id) { scopes { permission scope } } }', {
    id,
  });
  return Object.fromEntries(
    data.role.scopes.map(({ permission, scope }: { permission: string; scope: RowScope }) => [
      permission,
      scope,
    ]),
  );
}

describe('a role', () => {
  it('grants a permission for the rows that are asked for, and any other for all', async () => {
    const id = await addRole(
      ['assets:read', 'assets:write', 'assets:delete', 'users:read'],
      [scoped('assets:write', 'OWN'), scoped('assets:read', 'DEPARTMENT'), scoped('users:read', 'ALL')],
    );
    expect(await scopesOf(id)).toEqual({
      'assets:delete': 'ALL',
      'assets:read': 'DEPARTMENT',
      'assets:write': 'OWN',
    });
  });

  it.each([null, []])(
    'grants everything for all rows when it is created with %j for scopes',
    async (scopes) => {
      const { data } = await createRole({ permissions: ['assets:read'], scopes });
      expect(await scopesOf(data.answer.uuid)).toEqual({ 'assets:read': 'ALL' });
    },
  );

  it('shows scopes beside its permissions, which have none where rows have no owner', async () => {
    const id = await addRole(['users:read', 'assets:read'], [scoped('assets:read', 'OWN')]);
    const { data } = await ask(
      `query ($id: ID!) {
        role(roleId: $id) { permissions { code } scopes { permission scope } again: permissions { code action } }
      }`,
      { id },
    );
    expect(data.role).toEqual({
      permissions: [{ code: 'assets:read' }, { code: 'users:read' }],
      scopes: [{ permission: 'assets:read', scope: 'OWN' }],
      again: [
        { code: 'assets:read', action: 'read' },
        { code: 'users:read', action: 'read' },
      ],
    });
  });

  it('keeps the scopes of what it still grants when a change says nothing of scopes', async () => {
    const id = await addRole(
      ['assets:read', 'assets:write'],
      [scoped('assets:read', 'OWN'), scoped('assets:write', 'DEPARTMENT')],
    );
    await updateRole(id, { name: 'Renamed' });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'OWN', 'assets:write': 'DEPARTMENT' });
    await updateRole(id, { permissions: ['assets:read', 'assets:delete'] });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'OWN', 'assets:delete': 'ALL' });
    await updateRole(id, { permissions: ['assets:read', 'assets:write'] });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'OWN', 'assets:write': 'ALL' });
  });

  it('has all scopes replaced by a list of them, with its permissions or without', async () => {
    const id = await addRole(
      ['assets:read', 'assets:write'],
      [scoped('assets:read', 'OWN'), scoped('assets:write', 'OWN')],
    );
    await updateRole(id, { scopes: [scoped('assets:write', 'DEPARTMENT')] });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'ALL', 'assets:write': 'DEPARTMENT' });
    await updateRole(id, { permissions: ['assets:read'], scopes: [scoped('assets:read', 'OWN')] });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'OWN' });
    await updateRole(id, { scopes: [] });
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'ALL' });
  });

  it.each<[string, readonly object[], readonly (string | number)[]]>([
    ['a permission that it doesn’t grant', [scoped('assets:write', 'OWN')], [0, 'permission']],
    ['a permission that doesn’t exist', [scoped('assets:fly', 'OWN')], [0, 'permission']],
    ['one permission twice', [scoped('assets:read', 'OWN'), scoped('assets:read', 'OWN')], [1, 'permission']],
    ['a permission whose rows have no owner', [scoped('users:read', 'OWN')], [0, 'scope']],
  ])('takes no scope for %s', async (_what, scopes, path) => {
    const permissions = ['assets:read', 'users:read'];
    const id = await addRole(permissions, [scoped('assets:read', 'DEPARTMENT')]);
    for (const { errors } of [await createRole({ permissions, scopes }), await updateRole(id, { scopes })]) {
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'scopes', ...path] }],
      });
    }
    expect(await scopesOf(id)).toEqual({ 'assets:read': 'DEPARTMENT' });
  });

  it('takes neither an endless list of scopes nor, for a change, null', async () => {
    const id = await addRole(['assets:read']);
    for (const scopes of [Array(201).fill(scoped('assets:read', 'OWN')), null]) {
      const { errors } = await updateRole(id, { scopes });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'scopes'] }],
      });
    }
  });

  it.each(systemRoles)(
    'that every tenant has grants its permissions for the rows that it says: $code',
    async (role) => {
      const granted = await acme.db.rolePermission.findMany({
        where: { role: { code: role.code, isSystemRole: true } },
        select: { scope: true, permission: { select: { code: true } } },
      });
      const scopes = new Map(granted.map(({ permission, scope }) => [permission.code, scope]));
      expect(scopes).toEqual(
        new Map([
          ...role.permissions.map((code) => [code, 'ALL'] as const),
          ...role.own.map((code) => [code, 'OWN'] as const),
        ]),
      );
    },
  );

  it('shows its scopes to who may read roles, and to its holders', async () => {
    const holder = await addScopedPerson(fleet, acme, { 'assets:read': 'OWN', 'users:read': 'ALL' });
    const own = await ask('{ me { role { scopes { permission scope } } } }', {}, holder);
    expect(own.data.me.role.scopes).toEqual([{ permission: 'assets:read', scope: 'OWN' }]);
    const { codes } = await ask(
      'query ($id: ID!) { user(userId: $id) { role { scopes { scope } } } }',
      { id: admin.id },
      await addPerson(fleet, acme, { permissions: ['users:read'] }),
    );
    expect(codes).toEqual(['FORBIDDEN']);
  });

  it('has changes of its scopes in the audit log', async () => {
    const id = await addRole(['assets:read', 'assets:write'], [scoped('assets:read', 'OWN')]);
    await updateRole(id, { scopes: [scoped('assets:read', 'DEPARTMENT'), scoped('assets:write', 'OWN')] });
    await updateRole(id, { scopes: [] });
    const records = await acme.db.auditRecord.findMany({ where: { entityId: id }, orderBy: { id: 'asc' } });
    expect(records.map(({ changes }) => changes)).toMatchObject([
      { scopes: { before: null, after: ['assets:read OWN'] } },
      {
        scopes: {
          before: ['assets:read OWN'],
          after: ['assets:read DEPARTMENT', 'assets:write OWN'],
        },
      },
      { scopes: { before: ['assets:read DEPARTMENT', 'assets:write OWN'], after: null } },
    ]);
    expect(records.slice(1).every(({ changes }) => !JSON.stringify(changes).includes('permissions'))).toBe(
      true,
    );
  });
});
