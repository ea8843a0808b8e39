import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type RowScope, rowScopes } from '../../src/auth/row-scopes.ts';
import { decodeGlobalId, encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import {
  createScopeFixture,
  type Owner,
  owners,
  reached,
  type ScopeFixture,
  withoutId,
} from './scope-fixture.ts';

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

const ask = ({ token }: Person, query: string, variables: Variables = {}) =>
  fleet.graphql(query, { token, variables });

const clerical = { 'branches:read': 'ALL', 'branches:delete': 'ALL', 'audit:read': 'ALL' } as const;

/** Somebody who may delete branches, and read assets of that scope; null for none. */
const createFixture = (scope: RowScope | null | 'manager') =>
  createScopeFixture(
    fleet,
    acme,
    scope === 'manager' ? scope : { ...clerical, ...(scope ? { 'assets:read': scope } : {}) },
  );

const readers = [...rowScopes, null, 'manager'] as const;
type Reader = (typeof readers)[number];
const visibleTo = (reader: Reader): readonly Owner[] =>
  reader === null ? [] : reached[reader === 'manager' ? 'ALL' : reader];
const hiddenFrom = (reader: Reader) => owners.filter((owner) => !visibleTo(reader).includes(owner));

const removeBranch = ({ viewer, branch }: ScopeFixture, reassignTo: string | null = null) =>
  ask(
    viewer,
    `mutation ($id: ID!, $to: ID) {
      answer: deleteBranch(branchId: $id, reassignTo: $to) { success message deletedId movedCount }
    }`,
    { id: branch, to: reassignTo },
  );

const newBranch = async () =>
  (await acme.db.branch.create({ data: { code: `B-${randomUUID()}`, name: 'B' } })).id;

describe.each(readers)('whoever reads assets with %s and deletes a branch with some', (reader) => {
  const counted = visibleTo(reader).length;

  it('is told how many of those are there that exist for them', async () => {
    const { errors } = await removeBranch(await createFixture(reader));
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'IN_USE' });
    expect(errors[0]?.extensions.dependents).toEqual(
      counted === 0 ? undefined : [{ type: 'Asset', count: counted }],
    );
  });

  it('is told how many users are there whatever else is', async () => {
    const us = await createFixture(reader);
    await acme.db.user.update({ where: { id: us.ids.stranger }, data: { branchId: us.branch } });
    const { errors } = await removeBranch(us);
    expect(errors[0]?.extensions.dependents).toEqual([
      { type: 'User', count: 1 },
      ...(counted === 0 ? [] : [{ type: 'Asset', count: counted }]),
    ]);
  });

  it('moves all of them, and is told how many of those that exist for them', async () => {
    const us = await createFixture(reader);
    const to = await newBranch();
    const { data, errors } = await removeBranch(us, to);
    expect(errors).toEqual([]);
    expect(data.answer.movedCount).toBe(counted);
    expect(await acme.db.asset.count({ where: { branchId: to } })).toBe(owners.length);
  });

  it('gets the same answers however many others there are', async () => {
    const [few, many] = [await createFixture(reader), await createFixture(reader)];
    for (const owner of hiddenFrom(reader)) await many.add(owner);
    const said = async (us: ScopeFixture, to?: string) => {
      const global = encodeGlobalId('Branch', us.branch);
      return withoutId(await removeBranch(us, to), us.branch).replace(global, 'the id');
    };
    expect(await said(many)).toBe(await said(few));
    const to = await newBranch();
    expect(await said(many, to)).toBe(await said(few, to));
  });

  it('reads in the audit log which were moved only when all assets exist for them', async () => {
    const us = await createFixture(reader);
    const to = await newBranch();
    await removeBranch(us, to);
    const { data, errors } = await ask(
      us.viewer,
      `query ($id: ID!) { auditLog(entityId: $id) { edges { node {
        action changes { field before after redacted }
      } } } }`,
      { id: us.branch },
    );
    expect(errors).toEqual([]);
    const [{ node }] = data.auditLog.edges;
    expect(node.action).toBe('BRANCH_DELETE');
    const moved = node.changes.find(({ field }: { field: string }) => field === 'movedAssets');
    if (hiddenFrom(reader).length === 0) {
      expect(moved).toMatchObject({ before: null, redacted: false });
      expect([...moved.after].sort()).toEqual(Object.values(us.assets).sort());
    } else {
      expect(moved).toEqual({ field: 'movedAssets', before: null, after: null, redacted: true });
    }
  });
});

const recordsSchema = z.object({
  edges: z.array(
    z.object({
      cursor: z.string(),
      node: z.object({
        id: z.string(),
        entityId: z.string().transform((id) => decodeGlobalId(id).id),
        changes: z.array(z.object({ field: z.string(), redacted: z.boolean(), after: z.unknown() })),
      }),
    }),
  ),
  totalCount: z.int(),
  pageInfo: z.object({ totalCount: z.int() }),
});

async function records({ viewer }: Pick<ScopeFixture, 'viewer'>, args: string, variables: Variables = {}) {
  const declared = args.includes('$cursor') ? 'query ($cursor: String)' : '';
  const { data, errors } = await ask(
    viewer,
    `${declared} { auditLog(${args}) {
      edges { cursor node { id entityId changes { field redacted after } } } totalCount pageInfo { totalCount }
    } }`,
    variables,
  );
  expect(errors).toEqual([]);
  const { edges, totalCount, pageInfo } = recordsSchema.parse(data.auditLog);
  expect(pageInfo.totalCount).toBe(totalCount);
  return { edges, totalCount, about: edges.map(({ node }) => node.entityId) };
}

const change = (id: string, input: object) =>
  ask(
    admin,
    'mutation ($id: ID!, $input: AssetUpdateInput!) { updateAsset(assetId: $id, input: $input) { uuid } }',
    {
      id,
      input,
    },
  );

/** ScopeFixture with a record of a change of each asset, all by the same author, who has done nothing else. */
async function withRecords(reader: Reader): Promise<{ us: ScopeFixture; by: string }> {
  const us = await createFixture(reader);
  const author = await addAdministrator(fleet, acme);
  for (const owner of owners) {
    const { errors } = await ask(
      author,
      'mutation ($id: ID!, $name: String!) { updateAsset(assetId: $id, input: { name: $name }) { uuid } }',
      { id: us.assets[owner], name: `Changed ${owner}` },
    );
    expect(errors).toEqual([]);
  }
  return { us, by: `userId: "${author.id}"` };
}

// Without assets:read the log tells of all changes, and of no values: see audit-log.test.ts.
describe.each([...rowScopes, 'manager'] as const)(
  'whoever reads the audit log and assets with %s',
  (reader) => {
    const visible = visibleTo(reader);
    const idsOf = (us: ScopeFixture) => visible.map((owner) => us.assets[owner]);

    it('finds and counts what was done to these assets alone, with its values', async () => {
      const { us, by } = await withRecords(reader);
      for (const args of [by, `${by}, entityType: ASSET`, `${by}, actions: [ASSET_CREATE, ASSET_UPDATE]`]) {
        const { about, totalCount, edges } = await records(us, args);
        expect(about.toSorted()).toEqual(idsOf(us).sort());
        expect(totalCount).toBe(visible.length);
        for (const { node } of edges) {
          expect(node.changes).toMatchObject([{ field: 'name', redacted: false }]);
        }
      }
      for (const owner of owners) {
        const { about, totalCount } = await records(us, `entityId: "${us.assets[owner]}"`);
        expect(about).toEqual(visible.includes(owner) ? [us.assets[owner]] : []);
        expect(totalCount).toBe(about.length);
      }
    });

    it('finds them alone behind another reader’s cursor', async () => {
      const { us, by } = await withRecords(reader);
      const { edges } = await records({ viewer: admin }, by);
      expect(edges).toHaveLength(owners.length);
      for (const [index, { cursor }] of edges.entries()) {
        const behind = edges.slice(index + 1).map(({ node }) => node.entityId);
        const { about, totalCount } = await records(us, `${by}, after: $cursor`, { cursor });
        expect(about).toEqual(behind.filter((id) => idsOf(us).includes(id)));
        expect(totalCount).toBe(visible.length);
      }
    });

    it('gets a record of others by its id as one that isn’t there', async () => {
      const { us, by } = await withRecords(reader);
      const { edges } = await records({ viewer: admin }, by);
      for (const { node } of edges) {
        const found = { id: node.id, entityId: encodeGlobalId('Asset', node.entityId) };
        const expected = idsOf(us).includes(node.entityId) ? found : null;
        const { data, errors } = await ask(
          us.viewer,
          `query ($id: ID!) {
          node(id: $id) { ... on AuditRecord { id entityId } }
          nodes(ids: [$id]) { ... on AuditRecord { id entityId } }
        }`,
          { id: node.id },
        );
        expect({ data, errors }).toEqual({ data: { node: expected, nodes: [expected] }, errors: [] });
      }
    });

    it('loses sight of an asset’s records when it is given away, and finds those of a deleted one', async () => {
      const { us, by } = await withRecords(reader);
      await acme.db.asset.update({ where: { id: us.assets.own }, data: { deletedAt: new Date() } });
      expect((await records(us, by)).about).toContain(us.assets.own);
      await acme.db.asset.update({ where: { id: us.assets.own }, data: { deletedAt: null } });
      expect((await change(us.assets.own, { holderId: us.ids.stranger })).errors).toEqual([]);
      const { totalCount } = await records(us, `entityId: "${us.assets.own}"`);
      expect(totalCount).toBe(visible.includes('stranger') ? 2 : 0);
    });

    it('finds what was done to anything else as before', async () => {
      const { us } = await withRecords(reader);
      const { viewer } = us;
      const branch = await newBranch();
      await removeBranch({ ...us, branch });
      expect(viewer.id).not.toBe(admin.id);
      expect((await records(us, `entityId: "${branch}"`)).about).toEqual([branch]);
    });
  },
);
