import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow, type TestedEntity, testedEntities } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addManager, addPerson, type Person } from '../support/people.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let authors: readonly Person[];

/** Adds rows past the application, by a different author each. */
async function addRows({ name }: TestedEntity, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await addRow(acme.db, name, {
      code: `many-${randomUUID()}`,
      label: `many-${randomUUID()}`,
      createdBy: authors[index % authors.length]?.id ?? null,
      updatedBy: authors[(index + 1) % authors.length]?.id ?? null,
    });
  }
}

/** Finds the tenant and the session, so that later requests find them at hand. */
const warmUp = () => fleet.graphql('{ me { id } }', { token: admin.token });

beforeAll(async () => {
  // These tests count what it takes to make an answer, not to keep it.
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  authors = await Promise.all(
    Array.from({ length: 10 }, () => addPerson(fleet, acme, { roleId: null, permissions: [] })),
  );
  for (const entity of testedEntities) await addRows(entity, 40);
});
afterAll(() => fleet.close());

const countStatements = async (query: (first: number) => string, first: number) => {
  await warmUp();
  const statements = await recordStatements(async () => {
    const { errors } = await fleet.graphql(query(first), { token: admin.token });
    expect(errors).toEqual([]);
  });
  return statements.length;
};

describe.each(testedEntities.map(({ list }) => list))('the authors of %s', (name) => {
  const page = (first: number) =>
    `{ ${name}(first: ${first}, search: "many-") {
      edges { node { createdBy { username } updatedBy { username email } } }
    } }`;

  it('are the users who have written them', async () => {
    const { data, errors } = await fleet.graphql(page(40), { token: admin.token });
    expect(errors).toEqual([]);
    const known = new Set(authors.map(({ username }) => username));
    expect(data[name].edges).toHaveLength(40);
    for (const { node } of data[name].edges) {
      expect(known.has(node.createdBy.username)).toBe(true);
      expect(node.updatedBy.email).toBe(`${node.updatedBy.username}@example.com`);
      expect(node.updatedBy.username).not.toBe(node.createdBy.username);
    }
  });

  it('cost as many statements for 40 rows as for one', async () => {
    const forOne = await countStatements(page, 1);
    expect(await countStatements(page, 40)).toBe(forOne);
    expect(forOne).toBe(3);
  });

  it('cost no statement when nobody asks', async () => {
    const plain = (first: number) => `{ ${name}(first: ${first}) { edges { node { uuid } } } }`;
    expect(await countStatements(plain, 40)).toBe(1);
  });

  it('cost as many statements for 40 rows as for one when more is asked of them', async () => {
    const deep = (first: number) =>
      `{ ${name}(first: ${first}, search: "many-") { edges { node {
        createdBy { username department { name } role { name } createdBy { username } }
      } } } }`;
    expect(await countStatements(deep, 40)).toBe(await countStatements(deep, 2));
  });
});

describe.each(['roles', 'departments', 'branches'] as const)('the number of users of %s', (name) => {
  it('is right, without those deleted, and costs one statement however many rows', async () => {
    const column = { roles: 'roleId', departments: 'departmentId', branches: 'branchId' }[name];
    const code = `counted-${name}`;
    const data = { code, name: 'Counted' };
    const { id } = await {
      roles: () => acme.db.role.create({ data }),
      departments: () => acme.db.department.create({ data }),
      branches: () => acme.db.branch.create({ data }),
    }[name]();
    for (const state of [{}, { isActive: false }, { deletedAt: new Date() }]) {
      await addPerson(fleet, acme, { roleId: null, permissions: [] }, { [column]: id, ...state });
    }
    const counted = (first: number) => `{ ${name}(first: ${first}) { edges { node { code userCount } } } }`;
    const answer = await fleet.graphql(counted(40), { token: admin.token });
    const found = answer.data[name].edges.find((edge: { node: { code: string } }) => edge.node.code === code);
    expect(found.node.userCount).toBe(2);
    expect(await countStatements(counted, 40)).toBe(1);
    expect(await countStatements(counted, 1)).toBe(1);
  });
});

describe('an author', () => {
  it('is null for what the platform has made, and what its managers make', async () => {
    const seeded = await fleet.graphql(
      '{ roles(isSystemRole: true) { edges { node { createdBy { username } updatedBy { username } } } } }',
      { token: admin.token },
    );
    expect(seeded.errors).toEqual([]);
    for (const { node } of seeded.data.roles.edges)
      expect(node).toEqual({ createdBy: null, updatedBy: null });
    const { token } = await addManager(fleet, 'acme01');
    const made = await fleet.graphql(
      'mutation ($input: BranchCreateInput!) { createBranch(input: $input) { createdBy { username } updatedBy { username } } }',
      { token, variables: { input: { code: 'BY-MANAGER', name: 'B' } } },
    );
    expect(made).toMatchObject({ data: { createBranch: { createdBy: null, updatedBy: null } }, errors: [] });
  });

  it('is known after they have been deleted', async () => {
    const author = await addPerson(fleet, acme, { roleId: null, permissions: [] }, { deletedAt: new Date() });
    await acme.db.branch.create({ data: { code: 'OF-DELETED', name: 'B', createdBy: author.id } });
    const { data } = await fleet.graphql(
      '{ branches(search: "OF-DELETED") { edges { node { createdBy { username deletedAt } } } } }',
      { token: admin.token },
    );
    expect(data.branches.edges[0].node.createdBy).toEqual({
      username: author.username,
      deletedAt: expect.any(String),
    });
  });

  it('is kept from who may not read users, with an error, unless it is they', async () => {
    const reader = await addPerson(fleet, acme, { permissions: ['branches:read', 'branches:write'] });
    await acme.db.branch.create({
      data: { code: 'OF-OTHERS', name: 'B', createdBy: admin.id, updatedBy: reader.id },
    });
    const { data, errors } = await fleet.graphql(
      '{ branches(search: "OF-OTHERS") { edges { node { createdBy { username email } updatedBy { username } } } } }',
      { token: reader.token },
    );
    expect(data.branches.edges[0].node).toEqual({
      createdBy: null,
      updatedBy: { username: reader.username },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(errors[0]?.path?.slice(0, 5)).toEqual(['branches', 'edges', 0, 'node', 'createdBy']);
    expect(errors[0]?.message).toContain('users:read');
  });

  it('is kept from them too when a change of theirs answers with it', async () => {
    const writer = await addPerson(fleet, acme, { permissions: ['users:write'] });
    const other = await addPerson(fleet, acme, { roleId: null, permissions: [] }, { createdBy: admin.id });
    const { data, errors } = await fleet.graphql(
      `mutation ($id: ID!) { updateUser(userId: $id, input: { fullName: "Changed" }) {
        fullName createdBy { email } updatedBy { username }
      } }`,
      { token: writer.token, variables: { id: other.id } },
    );
    expect(data.updateUser).toEqual({
      fullName: 'Changed',
      createdBy: null,
      updatedBy: { username: writer.username },
    });
    expect(errors).toMatchObject([
      { path: ['updateUser', 'createdBy', 'email'], extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  it('is shown as they are now, also after a change earlier in the same request', async () => {
    const { id } = await addPerson(fleet, acme, { roleId: null, permissions: [] }, { createdBy: admin.id });
    const { data, errors } = await fleet.graphql(
      `mutation ($id: ID!, $author: ID!) {
        before: updateUser(userId: $id, input: {}) { createdBy { fullName } }
        rename: updateUser(userId: $author, input: { fullName: "Renamed" }) { fullName }
        after: updateUser(userId: $id, input: {}) { createdBy { fullName } }
      }`,
      { token: admin.token, variables: { id, author: admin.id } },
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      before: { createdBy: { fullName: 'Somebody' } },
      after: { createdBy: { fullName: 'Renamed' } },
    });
  });
});
