import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntityName } from '../../src/catalogue/entities.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { addRow, changedFor, testedEntity } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addPerson } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
});
afterAll(() => fleet.close());

const add = (name: EntityName, more: Readonly<Record<string, unknown>> = {}) => addRow(acme.db, name, more);

async function remove(kind: EntityName, id: string, more = '', by = token) {
  const { data, errors } = await fleet.graphql(
    `mutation ($id: ID!) { answer: delete${kind}(${testedEntity(kind).idArgument}: $id ${more}) { success message deletedId movedCount } }`,
    { token: by, variables: { id } },
  );
  expect(errors).toEqual([]);
  return data.answer;
}

describe('a mutation that deletes answers the global id of what is gone', () => {
  it.each(
    changedFor('mutations').flatMap(({ name }) => [[name, 'UUID'] as const, [name, 'global id'] as const]),
  )('%s by its %s', async (kind, form) => {
    const uuid = await add(kind);
    const id = encodeGlobalId(kind, uuid);
    expect(await remove(kind, form === 'UUID' ? uuid : id)).toEqual({
      success: true,
      message: expect.any(String),
      deletedId: id,
      movedCount: null,
    });
  });

  it('a session', async () => {
    const { sessions } = (await fleet.graphql('{ sessions { id } }', { token })).data;
    await fleet.signIn('acme01');
    const before = new Set(sessions.map(({ id }: { id: string }) => id));
    const { data: now } = await fleet.graphql('{ sessions { id uuid } }', { token });
    const added = now.sessions.find(({ id }: { id: string }) => !before.has(id));
    const { data } = await fleet.graphql(
      'mutation ($id: ID!) { revokeSession(sessionId: $id) { deletedId } }',
      { token, variables: { id: added.uuid } },
    );
    expect(data.revokeSession).toEqual({ deletedId: added.id });
  });

  it('and none when nothing was deleted', async () => {
    const { token: leaver } = await addPerson(fleet, acme, { roleId: null, permissions: [] });
    const { data } = await fleet.graphql('mutation { logout { success deletedId movedCount } }', {
      token: leaver,
    });
    expect(data.logout).toEqual({ success: true, deletedId: null, movedCount: null });
  });
});

describe('rows that another takes over are counted', () => {
  it('of a department: its users and the departments below it', async () => {
    const [old, heir] = [await add('Department'), await add('Department')];
    await add('User', { departmentId: old });
    await add('User', { departmentId: old });
    await add('Department', { parentId: old });
    expect((await remove('Department', old, `reassignTo: "${heir}"`)).movedCount).toBe(3);
  });

  it('of a branch: its users', async () => {
    const [old, heir] = [await add('Branch'), await add('Branch')];
    await add('User', { branchId: old });
    expect((await remove('Branch', old, `reassignTo: "${heir}"`)).movedCount).toBe(1);
  });

  it('as none when there are none', async () => {
    const [old, heir] = [await add('Branch'), await add('Branch')];
    expect((await remove('Branch', old, `reassignTo: "${heir}"`)).movedCount).toBe(0);
  });

  it.each(['Department', 'Branch'] as const)('not to who may not read a %s', async (kind) => {
    const [old, heir] = [await add(kind), await add(kind)];
    await add('User', kind === 'Department' ? { departmentId: old } : { branchId: old });
    const permission = kind === 'Department' ? 'departments:delete' : 'branches:delete';
    const { token: remover } = await addPerson(fleet, acme, { permissions: [permission] });
    expect((await remove(kind, old, `reassignTo: "${heir}"`, remover)).movedCount).toBeNull();
  });
});
