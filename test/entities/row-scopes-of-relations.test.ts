import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowScopes } from '../../src/auth/row-scopes.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { recordStatements } from '../support/statements.ts';
import { createScopeFixture, type Owner, reached } from './scope-fixture.ts';

let fleet: TestFleet;
let tenant: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  tenant = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

const held = `{ totalCount pageInfo { totalCount hasNextPage } edges { node { uuid } } }`;

it.each(rowScopes)(
  'the assets of a user are those that %s reaches, and no count tells of others',
  async (scope) => {
    const { viewer, ids, assets } = await createScopeFixture(fleet, tenant, {
      'users:read': 'ALL',
      'assets:read': scope,
    });
    const { data, errors } = await fleet.graphql(
      `query ($own: ID!, $colleague: ID!, $stranger: ID!) {
       own: user(userId: $own) { assets ${held} }
       colleague: user(userId: $colleague) { assets ${held} }
       stranger: user(userId: $stranger) { assets ${held} }
     }`,
      { token: viewer.token, variables: ids },
    );
    expect(errors).toEqual([]);
    for (const owner of ['own', 'colleague', 'stranger'] as const satisfies Owner[]) {
      const expected = reached[scope].includes(owner) ? [assets[owner]] : [];
      expect(data[owner].assets).toEqual({
        totalCount: expected.length,
        pageInfo: { totalCount: expected.length, hasNextPage: false },
        edges: expected.map((uuid) => ({ node: { uuid } })),
      });
    }
  },
);

it('the assets of a user are refused without assets:read, and what stands beside them is answered', async () => {
  const { viewer } = await createScopeFixture(fleet, tenant, { 'users:read': 'ALL' });
  const { data, codes } = await fleet.graphql(`{ me { username assets ${held} } }`, { token: viewer.token });
  expect(codes).toEqual(['FORBIDDEN']);
  expect(data.me).toEqual({ username: viewer.username, assets: null });
});

it('pages of the assets of many users are in the statement that loads the users', async () => {
  const { viewer } = await createScopeFixture(fleet, tenant, {
    'users:read': 'ALL',
    'assets:read': 'DEPARTMENT',
  });
  const ask = (size: number) =>
    fleet.graphql(
      `{ users(first: ${size}) { edges { node { assets(first: 2) { edges { node { code } } } } } } }`,
      { token: viewer.token },
    );
  await ask(20);
  const statements = await recordStatements(async () => {
    expect((await ask(19)).codes).toEqual([]);
  });
  expect(statements.filter((statement) => /"?assets"?/.test(statement))).toHaveLength(1);
});

it('a count is that of its own list, when several of one request differ in nothing but where they stand', async () => {
  const { viewer, add, ids } = await createScopeFixture(fleet, tenant, {
    'users:read': 'ALL',
    'assets:read': 'ALL',
  });
  await add('stranger');
  const { data } = await fleet.graphql(
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { uuid assets { totalCount } } } }`,
    {
      token: viewer.token,
      variables: { ids: [ids.own, ids.stranger].map((id) => Buffer.from(`User:${id}`).toString('base64')) },
    },
  );
  expect(data.nodes.map((node: { assets: unknown }) => node.assets)).toEqual([
    { totalCount: 1 },
    { totalCount: 2 },
  ]);
});
