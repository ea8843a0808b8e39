import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowScopes } from '../../src/auth/row-scopes.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { getQuery } from '../support/get-query.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { recordStatements } from '../support/statements.ts';
import { createScopeFixture, owners, reached, type ScopeFixture } from './scope-fixture.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
/** Without cached answers: what it takes to make one. */
let making: GraphQLClient;

beforeAll(async () => {
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  making = fleet.startApp({ RESPONSE_CACHE_TTL: '0' }).graphql;
});
afterAll(() => fleet.close());

const everything = { 'assets:write': 'ALL', 'assets:delete': 'ALL' } as const;

/** The statements of a request by somebody whose session and rights are at hand. */
async function statementsOf({ token }: Person, query: string, variables: object = {}): Promise<string[]> {
  await making('{ me { id } }', { token });
  return recordStatements(() => making(query, { token, variables: { ...variables } }));
}

describe('the statements of an answer', () => {
  it.each(rowScopes)('are one for a page of assets, and one for its count, with %s too', async (scope) => {
    const { viewer, tag } = await createScopeFixture(fleet, acme, { ...everything, 'assets:read': scope });
    const page = `edges { node { uuid code } }`;
    for (const args of ['first: 10', `search: "${tag}"`, 'deleted: true', 'orderBy: { field: NAME }']) {
      expect(await statementsOf(viewer, `{ assets(${args}) { ${page} } }`)).toHaveLength(1);
      expect(await statementsOf(viewer, `{ assets(${args}) { ${page} totalCount } }`)).toHaveLength(2);
    }
  });

  it.each([
    'query ($id: ID!) { asset(assetId: $id) { code } }',
    'query ($id: ID!) { node(id: $id) { id } }',
    'mutation ($id: ID!) { updateAsset(assetId: $id, input: { name: "N" }) { uuid } }',
    'mutation ($id: ID!) { deleteAsset(assetId: $id) { success } }',
    'mutation ($id: ID!) { restoreAsset(assetId: $id) { uuid } }',
  ])('are the same for an asset out of scope as for none: %s', async (query) => {
    const { viewer, assets } = await createScopeFixture(fleet, acme, {
      ...everything,
      'assets:read': 'DEPARTMENT',
    });
    const of = (id: string) => statementsOf(viewer, query, { id: encodeGlobalId('Asset', id) });
    const none = await of(randomUUID());
    expect(none).not.toEqual([]);
    expect(await of(assets.stranger)).toEqual(none);
    expect(await of(assets.nobody)).toEqual(none);
  });
});

it('a row out of scope that others are changing is not waited for', async () => {
  const { viewer, assets } = await createScopeFixture(fleet, acme, { ...everything, 'assets:read': 'OWN' });
  await acme.db.$transaction(async (transaction) => {
    await transaction.$executeRaw`SELECT id FROM hrm.assets WHERE id = ${assets.stranger}::uuid FOR UPDATE`;
    for (const field of [
      'updateAsset(assetId: $id, input: { name: "N" }) { uuid }',
      'deleteAsset(assetId: $id) { success }',
    ]) {
      const { codes } = await fleet.graphql(`mutation ($id: ID!) { ${field} }`, {
        token: viewer.token,
        variables: { id: assets.stranger },
      });
      expect(codes).toEqual(['NOT_FOUND']);
    }
  });
});

describe('a cached answer', () => {
  const list = (tag: string) =>
    `{ assets(search: "${tag}", orderBy: { field: NAME }) { edges { node { uuid } } totalCount } }`;

  /** Returns the assets that a viewer sees. It queries twice, so that the second answer comes from the cache. */
  async function seen({ viewer: { token }, tag, assets }: ScopeFixture): Promise<string[]> {
    const { data: made } = await fleet.graphql(list(tag), { token });
    const { data: kept } = await fleet.graphql(list(tag), { token });
    expect(kept).toEqual(made);
    const ids = kept.assets.edges.map(({ node }: { node: { uuid: string } }) => node.uuid);
    expect(kept.assets.totalCount).toBe(ids.length);
    return owners.filter((owner) => ids.includes(assets[owner]));
  }

  const change = async (query: string, variables: Readonly<Record<string, unknown>>) => {
    const { errors } = await fleet.graphql(query, { token: admin.token, variables });
    expect(errors).toEqual([]);
  };

  it('is each viewer’s own, whoever has asked before, by POST and by GET', async () => {
    const us = await createScopeFixture(fleet, acme, { 'assets:read': 'ALL' });
    const viewers = await Promise.all(
      (['ALL', 'DEPARTMENT', 'OWN'] as const).map(async (scope) => {
        const { viewer } = await createScopeFixture(fleet, acme, { 'assets:read': scope });
        // Each holds one of the same assets.
        const id = await us.add('nobody', { holderId: viewer.id });
        return { scope, viewer, id };
      }),
    );
    const etags = new Set<string>();
    for (const { scope, viewer, id } of [...viewers, ...viewers.toReversed()]) {
      const { data } = await fleet.graphql(list(us.tag), { token: viewer.token });
      const byGet = await getQuery(fleet.app, list(us.tag), viewer.token);
      const etag = byGet.headers.get('etag') ?? '';
      expect(await byGet.json()).toEqual({ data });
      for (const other of [...etags].filter((each) => each !== etag)) {
        const held = await getQuery(fleet.app, list(us.tag), viewer.token, { 'if-none-match': other });
        expect(held.status).toBe(200);
      }
      etags.add(etag);
      expect(data.assets.totalCount).toBe(scope === 'ALL' ? 7 : 1);
      expect(JSON.stringify(data)).toContain(id);
    }
    expect(etags.size).toBe(viewers.length);
  });

  it('is given up when an asset changes hands', async () => {
    const us = await createScopeFixture(fleet, acme, { 'assets:read': 'DEPARTMENT' });
    expect(await seen(us)).toEqual(reached.DEPARTMENT);
    const give = (id: string, holderId: string) =>
      change(
        'mutation ($id: ID!, $to: ID) { updateAsset(assetId: $id, input: { holderId: $to }) { uuid } }',
        {
          id,
          to: holderId,
        },
      );
    await give(us.assets.own, us.ids.stranger);
    await give(us.assets.nobody, us.ids.colleague);
    expect(await seen(us)).toEqual(['colleague', 'nobody']);
  });

  it('is given up when somebody moves into the department, or out of it', async () => {
    const us = await createScopeFixture(fleet, acme, { 'assets:read': 'DEPARTMENT' });
    expect(await seen(us)).toEqual(reached.DEPARTMENT);
    const move = (id: string, to: string | null) =>
      change(
        'mutation ($id: ID!, $to: ID) { updateUser(userId: $id, input: { departmentId: $to }) { uuid } }',
        {
          id,
          to,
        },
      );
    const { departmentId } = await acme.db.user.findUniqueOrThrow({ where: { id: us.viewer.id } });
    await move(us.ids.stranger, departmentId);
    await move(us.ids.colleague, null);
    expect(await seen(us)).toEqual(['own', 'stranger']);
  });

  it('is given up when the role’s scope changes', async () => {
    const us = await createScopeFixture(fleet, acme, { 'assets:read': 'DEPARTMENT' });
    expect(await seen(us)).toEqual(reached.DEPARTMENT);
    const { roleId } = await acme.db.user.findUniqueOrThrow({ where: { id: us.viewer.id } });
    for (const scope of ['OWN', 'ALL', 'OWN'] as const) {
      await change(
        'mutation ($id: ID!, $scopes: [PermissionScopeInput!]) { updateRole(roleId: $id, input: { scopes: $scopes }) { uuid } }',
        { id: roleId, scopes: [{ permission: 'assets:read', scope }] },
      );
      expect(await seen(us)).toEqual(reached[scope]);
    }
  });
});
