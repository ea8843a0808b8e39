import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';

let fleet: TestFleet;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  admin = await addAdministrator(fleet, await fleet.provision('acme01'));
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>) =>
  fleet.graphql(query, { token: admin.token, variables });

const create = (input: object) =>
  ask('mutation ($input: RoleCreateInput!) { answer: createRole(input: $input) { uuid } }', {
    input: { code: `C-${randomUUID()}`, name: 'N', ...input },
  });

const update = (id: string, input: object) =>
  ask('mutation ($id: ID!, $input: RoleUpdateInput!) { updateRole(roleId: $id, input: $input) { uuid } }', {
    id,
    input,
  });

/** Creates a role through the API. @returns its UUID. */
async function add(input: object): Promise<string> {
  const { data, errors } = await create(input);
  expect(errors).toEqual([]);
  return data.answer.uuid;
}

describe('a role', () => {
  const permissionsOf = async (id: string): Promise<string[]> => {
    const { data } = await ask('query ($id: ID!) { role(roleId: $id) { permissions { code } } }', { id });
    return data.role.permissions.map(({ code }: { code: string }) => code);
  };

  it('grants what is asked for, each once, and all anew with every list', async () => {
    const id = await add({ permissions: ['users:write', 'users:read', 'users:write'] });
    expect(await permissionsOf(id)).toEqual(['users:read', 'users:write']);
    await update(id, { permissions: ['roles:read', 'users:read'] });
    expect(await permissionsOf(id)).toEqual(['roles:read', 'users:read']);
    await update(id, { name: 'Renamed' });
    expect(await permissionsOf(id)).toEqual(['roles:read', 'users:read']);
    await update(id, { permissions: [] });
    expect(await permissionsOf(id)).toEqual([]);
    await update(id, { permissions: ['users:read'] });
    expect(await permissionsOf(id)).toEqual(['users:read']);
  });

  it('comes back with what it granted', async () => {
    const id = await add({ permissions: ['users:write', 'users:read'] });
    expect((await ask('mutation ($id: ID!) { deleteRole(roleId: $id) { success } }', { id })).errors).toEqual(
      [],
    );
    expect((await ask('mutation ($id: ID!) { restoreRole(roleId: $id) { uuid } }', { id })).errors).toEqual(
      [],
    );
    expect(await permissionsOf(id)).toEqual(['users:read', 'users:write']);
  });

  it.each([
    ['is unknown', ['users:read', 'users:fly']],
    ['is of another case', ['Users:Read']],
    ['is SQL', ["users:read' OR true --"]],
    ['has NUL', ['users:read\0']],
    ['is a lone surrogate', ['\ud800']],
  ])('grants no permission that %s', async (_what, permissions) => {
    const id = await add({ permissions: ['users:read'] });
    for (const answer of [await create({ permissions }), await update(id, { permissions })]) {
      expect(answer.errors[0]?.extensions.code).toBe('VALIDATION_FAILED');
      expect(answer.errors[0]?.extensions.fields).toMatchObject([
        { path: expect.arrayContaining(['input', 'permissions']) },
      ]);
    }
    expect(await permissionsOf(id)).toEqual(['users:read']);
  });

  it('takes no endless list of permissions, and none for null', async () => {
    const id = await add({ permissions: ['users:read'] });
    for (const permissions of [Array(201).fill('users:read'), null]) {
      const { errors } = await update(id, { permissions });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'permissions'] }],
      });
    }
  });
});
