import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
});
afterAll(() => fleet.close());

async function add(name: string, parentId: string | null = null): Promise<string> {
  const data = { code: `D-${randomUUID()}`, name, parentId };
  return (await acme.db.department.create({ data, select: { id: true } })).id;
}

/** Adds a department with some of those names below it. */
async function addFamily(names: readonly string[]): Promise<string> {
  const top = await add('Top');
  for (const name of names) await add(name, top);
  return top;
}

const page = (args: string) =>
  `children${args && `(${args})`} { totalCount edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor totalCount } }`;
const ask = (id: string, selection: string) =>
  fleet.graphql(`query ($id: ID!) { department(departmentId: $id) { ${selection} } }`, {
    token,
    variables: { id },
  });

async function children(id: string, args = '') {
  const { data, errors } = await ask(id, page(args));
  expect(errors).toEqual([]);
  const { edges, ...rest } = data.department.children;
  return {
    names: edges.map(({ node }: { node: { name: string } }) => node.name),
    cursors: edges.map(({ cursor }: { cursor: string }) => cursor),
    ...rest,
  };
}

const names = ['나', 'b', '가', 'A', 'c'];
const sorted = ['A', 'b', 'c', '가', '나'];

describe('the departments right below one', () => {
  it('are counted anew for each field of a mutation', async () => {
    const parentId = await add('Top');
    const create = (code: string) =>
      `createDepartment(input: { code: "${code}", name: "${code}", parentId: $parentId }) { parent { children { totalCount } } }`;
    const { data, errors } = await fleet.graphql(
      `mutation ($parentId: ID!) { first: ${create('Counted-1')} second: ${create('Counted-2')} }`,
      { token, variables: { parentId } },
    );
    expect(errors).toEqual([]);
    expect([data.first, data.second].map(({ parent }) => parent.children.totalCount)).toEqual([1, 2]);
  });

  it('are listed by name, without deleted ones', async () => {
    const top = await addFamily(names);
    await acme.db.department.updateMany({
      where: { parentId: top, name: 'c' },
      data: { deletedAt: new Date() },
    });
    expect(await children(top)).toMatchObject({ names: ['A', 'b', '가', '나'], totalCount: 4 });
  });

  it('are paged through forwards and backwards, and counted whole', async () => {
    const top = await addFamily(names);
    const first = await children(top, 'first: 2');
    expect(first).toMatchObject({
      names: sorted.slice(0, 2),
      totalCount: 5,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, totalCount: 5 },
    });
    const second = await children(top, `first: 3, after: "${first.pageInfo.endCursor}"`);
    expect(second).toMatchObject({ names: sorted.slice(2), pageInfo: { hasNextPage: false } });
    expect(await children(top, 'last: 2')).toMatchObject({ names: sorted.slice(3) });
    expect(await children(top, `last: 1, before: "${second.cursors[0]}"`)).toMatchObject({ names: ['b'] });
  });

  it('are found after a place whose department has gone', async () => {
    const top = await addFamily(names);
    const { pageInfo } = await children(top, 'first: 2');
    await acme.db.department.deleteMany({ where: { parentId: top, name: 'b' } });
    expect(await children(top, `after: "${pageInfo.endCursor}"`)).toMatchObject({ names: sorted.slice(2) });
  });

  it('are twenty, when nobody says how many', async () => {
    const top = await addFamily(Array.from({ length: 22 }, (_, index) => `N${index}`));
    expect((await children(top)).names).toHaveLength(20);
  });

  it('stand on two pages of one document', async () => {
    const top = await addFamily(names);
    const { data, errors } = await ask(top, `a: ${page('first: 1')} b: ${page('last: 1')}`);
    expect(errors).toEqual([]);
    expect([data.department.a.edges[0].node.name, data.department.b.edges[0].node.name]).toEqual(['A', '나']);
  });

  it.each([
    ['first: 101', 'first'],
    ['first: -1', 'first'],
    ['first: 1, last: 1', 'last'],
    ['after: "garbage"', 'after'],
    ['before: "garbage"', 'before'],
  ])('are refused with %s alone, and the argument is named', async (args, argument) => {
    const { data, errors } = await ask(await add('Alone'), `name ${page(args)}`);
    expect(data.department).toEqual({ name: 'Alone', children: null });
    expect(errors).toMatchObject([
      {
        path: ['department', 'children'],
        extensions: { code: 'VALIDATION_FAILED', fields: [{ path: [argument] }] },
      },
    ]);
  });

  it('refuse the cursor of another list', async () => {
    const { data } = await fleet.graphql('{ departments(first: 1) { pageInfo { endCursor } } }', { token });
    const { codes } = await ask(await add('Alone'), page(`after: "${data.departments.pageInfo.endCursor}"`));
    expect(codes).toEqual(['VALIDATION_FAILED']);
  });

  it('take no statement of their own, however many departments they are below', async () => {
    for (let count = 0; count < 3; count++) await addFamily(['x', 'y']);
    const tree = `{ departments(first: 5, topLevel: true) { edges { node { name ${page('first: 2')} } } } }`;
    await fleet.graphql(tree, { token });
    const statements = await recordStatements(async () => {
      const { errors, data } = await fleet.graphql(tree, { token });
      expect(errors).toEqual([]);
      expect(data.departments.edges.length).toBeGreaterThan(3);
    });
    expect(statements.filter((statement) => statement.includes('departments'))).toHaveLength(1);
  });
});
