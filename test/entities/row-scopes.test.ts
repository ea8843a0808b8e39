import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RowScope, rowScopes } from '../../src/auth/row-scopes.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import {
  createScopeFixture,
  owners,
  reached,
  reachedByBoth,
  type ScopeFixture,
  withoutId,
} from './scope-fixture.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

type Variables = Readonly<Record<string, unknown>>;

const ask = ({ viewer: { token } }: ScopeFixture, query: string, variables: Variables = {}) =>
  fleet.graphql(query, { token, variables });

const pageSchema = z.object({
  edges: z.array(z.object({ cursor: z.string(), node: z.object({ uuid: z.string() }) })),
  totalCount: z.int(),
  pageInfo: z.object({
    totalCount: z.int(),
    hasNextPage: z.boolean(),
    hasPreviousPage: z.boolean(),
    startCursor: z.string().nullable(),
    endCursor: z.string().nullable(),
  }),
});

/** Asks for a page of assets as that viewer. */
async function page(of: ScopeFixture, args: string, cursor: string | null = null) {
  const { data, errors } = await ask(
    of,
    `query ${args.includes('$cursor') ? '($cursor: String)' : ''} { assets(${args}) {
      edges { cursor node { uuid } } totalCount
      pageInfo { totalCount hasNextPage hasPreviousPage startCursor endCursor }
    } }`,
    { cursor },
  );
  expect(errors).toEqual([]);
  const { edges, totalCount, pageInfo } = pageSchema.parse(data.assets);
  expect(pageInfo.totalCount).toBe(totalCount);
  return { ids: edges.map(({ node }) => node.uuid), edges, totalCount, pageInfo };
}

/** The ids of all pages of one row. */
async function walk(of: ScopeFixture, args: string, way: 'forward' | 'backward'): Promise<string[]> {
  const seen: string[] = [];
  const [size, argument] = way === 'forward' ? ['first', 'after'] : ['last', 'before'];
  for (let cursor: string | null = null; ; ) {
    const { ids, pageInfo } = await page(of, `${args}, ${size}: 1, ${argument}: $cursor`, cursor);
    seen.push(...ids);
    cursor = way === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(way === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
  }
}

const sorted = (ids: readonly string[]) => [...ids].sort();

describe.each([...rowScopes, 'manager'] as const)('whoever reads with %s', (reading) => {
  const scope: RowScope = reading === 'manager' ? 'ALL' : reading;
  const visible = reached[scope];
  const hidden = owners.filter((owner) => !visible.includes(owner));
  let us: ScopeFixture;
  let all: ScopeFixture;
  const ids = (of: readonly (keyof ScopeFixture['assets'])[]) => of.map((owner) => us.assets[owner]);

  beforeAll(async () => {
    us = await createScopeFixture(
      fleet,
      acme,
      reading === 'manager' ? 'manager' : { 'assets:read': scope, 'assets:delete': 'ALL' },
    );
    // Sees the same assets, all of them.
    const other = await createScopeFixture(fleet, acme, { 'assets:read': 'ALL', 'assets:delete': 'ALL' });
    all = { ...us, viewer: other.viewer };
  });

  it('lists and counts these rows alone, without any filter', async () => {
    const { ids: shown, totalCount } = await page(us, 'first: 100');
    if (scope === 'ALL') {
      expect(totalCount).toBe(await acme.db.asset.count({ where: { deletedAt: null } }));
      expect(shown).toEqual(expect.arrayContaining(ids(visible)));
    } else {
      expect(sorted(shown)).toEqual(sorted(ids(visible)));
      expect(totalCount).toBe(visible.length);
    }
  });

  it('counts these rows alone when only the count is asked for', async () => {
    const { data } = await ask(us, `{ assets(search: "${us.tag}") { totalCount } }`);
    expect(data.assets.totalCount).toBe(visible.length);
  });

  it.each(['CREATED_AT', 'UPDATED_AT', 'CODE', 'NAME'])(
    'pages through these rows alone by %s, from both ends, and is told of no page beyond',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const args = `search: "${us.tag}", orderBy: { field: ${field}, direction: ${direction} }`;
        const expected = (await page(all, args)).ids.filter((id) => ids(visible).includes(id));
        expect(expected).toHaveLength(visible.length);
        expect(await walk(us, args, 'forward')).toEqual(expected);
        expect(await walk(us, args, 'backward')).toEqual(expected.toReversed());
        expect((await page(us, `${args}, first: ${visible.length}`)).pageInfo.hasNextPage).toBe(false);
      }
    },
  );

  it('finds these rows alone by their texts', async () => {
    for (const owner of owners) {
      const { ids: shown, totalCount } = await page(us, `search: "${us.tag}.${owner}"`);
      expect(shown).toEqual(visible.includes(owner) ? [us.assets[owner]] : []);
      expect(totalCount).toBe(shown.length);
    }
  });

  it('finds these rows alone by their holder, whichever form the id has', async () => {
    for (const owner of ['own', 'colleague', 'stranger'] as const) {
      for (const id of [us.ids[owner], encodeGlobalId('User', us.ids[owner])]) {
        const { ids: shown, totalCount } = await page(us, `holderId: "${id}"`);
        expect(shown).toEqual(visible.includes(owner) ? [us.assets[owner]] : []);
        expect(totalCount).toBe(shown.length);
      }
    }
  });

  it('finds these rows alone by their branch', async () => {
    const { ids: shown, totalCount } = await page(us, `branchId: "${us.branch}"`);
    expect(sorted(shown)).toEqual(sorted(ids(visible)));
    expect(totalCount).toBe(visible.length);
  });

  it('takes another viewer’s cursor as a place, and sees these rows alone behind it', async () => {
    const args = `search: "${us.tag}", orderBy: { field: CODE }`;
    const { edges } = await page(all, args);
    for (const [index, { cursor }] of edges.entries()) {
      const behind = edges.slice(index + 1).map(({ node }) => node.uuid);
      const { ids: shown, totalCount } = await page(us, `${args}, after: $cursor`, cursor);
      expect(shown).toEqual(behind.filter((id) => ids(visible).includes(id)));
      expect(totalCount).toBe(visible.length);
    }
  });

  it('gets these rows alone by their ids, and of others the same answer as for none', async () => {
    const queries = {
      asset: 'query ($id: ID!) { asset(assetId: $id) { uuid code } }',
      node: 'query ($id: ID!) { node(id: $id) { ... on Asset { uuid code } } }',
      nodes: 'query ($id: ID!) { nodes(ids: [$id]) { ... on Asset { uuid code } } }',
    };
    for (const [field, query] of Object.entries(queries)) {
      const answerOf = async (uuid: string) => {
        const id = field === 'asset' ? uuid : encodeGlobalId('Asset', uuid);
        return withoutId(await ask(us, query, { id }), uuid);
      };
      for (const owner of visible) expect(await answerOf(us.assets[owner])).toContain(us.tag);
      const none = await answerOf(randomUUID());
      expect(none).toContain('"errors":[]');
      for (const owner of hidden) expect(await answerOf(us.assets[owner])).toBe(none);
    }
  });

  it('gets these rows alone among several ids, each at its place', async () => {
    const { data, errors } = await ask(
      us,
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Asset { uuid } } }',
      {
        ids: owners.map((owner) => encodeGlobalId('Asset', us.assets[owner])),
      },
    );
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual(
      owners.map((owner) => (visible.includes(owner) ? { uuid: us.assets[owner] } : null)),
    );
  });
});

describe.each(rowScopes.flatMap((read) => rowScopes.map((remove) => [read, remove] as const)))(
  'whoever reads with %s and deletes with %s',
  (read, remove) => {
    it('lists and counts as deleted only what both are about', async () => {
      const us = await createScopeFixture(fleet, acme, { 'assets:read': read, 'assets:delete': remove });
      await acme.db.asset.updateMany({ where: { branchId: us.branch }, data: { deletedAt: new Date() } });
      const { ids, totalCount } = await page(us, `deleted: true, search: "${us.tag}"`);
      const expected = reachedByBoth(read, remove).map((owner) => us.assets[owner]);
      expect(sorted(ids)).toEqual(sorted(expected));
      expect(totalCount).toBe(expected.length);
    });
  },
);
