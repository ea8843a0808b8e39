import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { columnOf } from '../../src/graphql/entities/entity-column.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import {
  addReferencesTo,
  addRow,
  byName,
  changedFor,
  inputFor,
  type TestedEntity,
  testedEntities,
  testedEntity,
} from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let elsewhere: TestFleet['graphql'];

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  elsewhere = fleet.startApp().graphql;
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>>, graphql = fleet.graphql) =>
  graphql(query, { token: admin.token, variables });

async function create(entity: TestedEntity, more: object = {}, graphql = fleet.graphql) {
  const { name } = entity;
  const input = await inputFor(acme.db, entity, more);
  return ask(
    `mutation ($input: ${name}CreateInput!) { create${name}(input: $input) { uuid } }`,
    { input },
    graphql,
  );
}

const fifty = Array.from({ length: 50 }, (_, index) => index);

describe('50 rows that are created at once', () => {
  it.each(byName(changedFor('inputs')))('are all there: %s', async (_name, entity) => {
    const more = await addReferencesTo(admin.id, acme.db, entity);
    const answers = await Promise.all(
      fifty.map((index) => create(entity, more, index % 2 ? elsewhere : fleet.graphql)),
    );
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

const brokenSchema = z.tuple([z.object({ count: z.int() })]);

/** Counts live rows that refer to a deleted branch. */
async function countBroken(): Promise<number> {
  const counts = testedEntities.flatMap(({ model, table, references }) =>
    Object.entries(references).flatMap(([field, type]) =>
      type === 'Branch'
        ? [
            `(SELECT count(*) FROM ${table} t JOIN sys.branches b ON b.id = t.${columnOf(model, field).name}
              WHERE t.deleted_at IS NULL AND b.deleted_at IS NOT NULL)`,
          ]
        : [],
    ),
  );
  const rows = await acme.db.$queryRawUnsafe(`SELECT (${counts.join(' + ')})::int AS count`);
  return brokenSchema.parse(rows)[0].count;
}

describe('a branch that is deleted while others put rows into it', () => {
  const createUser = (branchId: string, graphql = fleet.graphql) => {
    const username = `u-${randomUUID()}`;
    const input = {
      username,
      email: `${username}@example.com`,
      password: testPassword,
      fullName: 'N',
      branchId,
    };
    return ask(
      'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }',
      { input },
      graphql,
    );
  };
  const remove = (id: string, to: string | null) =>
    ask('mutation ($id: ID!, $to: ID) { deleteBranch(branchId: $id, reassignTo: $to) { success } }', {
      id,
      to,
    });

  it.each(['refuses', 'hands over'] as const)(
    '%s what is there, and leaves no live row behind that refers to it',
    { timeout: 120_000 },
    async (way) => {
      const assets = testedEntity('Asset');
      for (let round = 0; round < 20; round++) {
        const [branchId, heir] = [await addRow(acme.db, 'Branch'), await addRow(acme.db, 'Branch')];
        const member = await addRow(acme.db, 'User', way === 'refuses' ? {} : { branchId });
        const moving = await addRow(acme.db, 'Asset', { holderId: member });
        const gone = await addRow(acme.db, 'Asset', { branchId, deletedAt: new Date() });
        const writes: (() => Promise<ClientAnswer>)[] = [
          () => create(assets, { branchId, holderId: member }),
          () => create(assets, { branchId }, elsewhere),
          () => createUser(branchId),
          () =>
            ask(
              'mutation ($id: ID!, $to: ID) { updateAsset(assetId: $id, input: { branchId: $to }) { uuid } }',
              { id: moving, to: branchId },
            ),
          () => ask('mutation ($id: ID!) { restoreAsset(assetId: $id) { uuid } }', { id: gone }, elsewhere),
        ];
        writes.splice(round % (writes.length + 1), 0, () =>
          remove(branchId, way === 'refuses' ? null : heir),
        );
        const answers = await Promise.all(writes.map((write) => write()));
        for (const code of answers.flatMap(({ codes }) => codes)) {
          expect(['CONFLICT', 'VALIDATION_FAILED']).toContain(code);
        }
        expect(await countBroken()).toBe(0);
      }
    },
  );
});
