import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { lockRow, meetInTurn } from '../support/row-locks.ts';
import { readEveryRow } from '../support/snapshots.ts';
import { addRow, byName, changedFor } from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let elsewhere: GraphQLClient;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  elsewhere = fleet.startApp().graphql;
});
afterAll(() => fleet.close());

const answerSchema = z.object({ updatedAt: z.string() });

describe.each(byName(changedFor('mutations')))('an editor of a row of %s', (kind, entity) => {
  const { label, model, idArgument, table } = entity;
  const add = () => addRow(acme.db, kind);

  const update = (id: string, name: string, expectedUpdatedAt?: string | null, graphql = fleet.graphql) =>
    graphql(
      `mutation ($id: ID!, $input: ${kind}UpdateInput!, $expected: DateTime) {
        answer: update${kind}(${idArgument}: $id, input: $input, expectedUpdatedAt: $expected) { updatedAt ${label} }
      }`,
      {
        token: admin.token,
        variables: {
          id,
          input: { [label]: name },
          ...(expectedUpdatedAt === undefined ? {} : { expected: expectedUpdatedAt }),
        },
      },
    );

  const read = async (id: string) => {
    const { data } = await fleet.graphql(
      `query ($id: ID!) { answer: ${model}(${idArgument}: $id) { updatedAt } }`,
      { token: admin.token, variables: { id } },
    );
    return answerSchema.parse(data.answer).updatedAt;
  };

  it('who has read the newest state changes it, again and again', async () => {
    const id = await add();
    const first = await update(id, 'First', await read(id));
    expect(first.errors).toEqual([]);
    const second = await update(id, 'Second', first.data.answer.updatedAt);
    expect(second.data.answer[label]).toBe('Second');
  });

  it('who has read an older state is told the newer, and changes nothing', async () => {
    const id = await add();
    const old = await read(id);
    const newer = (await update(id, 'Newer', old)).data.answer.updatedAt;
    const before = await readEveryRow(acme.db);
    const { data, errors } = await update(id, 'Stale', old);
    expect(data).toEqual({ answer: null });
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'STALE', updatedAt: newer });
    expect(await readEveryRow(acme.db)).toEqual(before);
  });

  it('who says nothing of what they have read changes it', async () => {
    const id = await add();
    await update(id, 'Newer');
    expect((await update(id, 'Newest')).errors).toEqual([]);
    expect((await update(id, 'Newest of all', null)).errors).toEqual([]);
  });

  it('wins alone when two have read the same state', async () => {
    for (let round = 0; round < 3; round++) {
      const id = await add();
      const state = await read(id);
      const changes = [() => update(id, 'One', state), () => update(id, 'Two', state, elsewhere)];
      const answers = await meetInTurn(acme, changes, lockRow(acme, table, id));
      expect(answers.map(({ codes }) => codes)).toEqual([[], ['CONFLICT']]);
      expect(answers[1]?.errors[0]?.extensions.updatedAt).toBe(answers[0]?.data.answer.updatedAt);
    }
  });

  it('is refused a moment that is none', async () => {
    const id = await add();
    for (const expected of ['yesterday', '', '2026-13-01T00:00:00Z', "2026' OR true --"]) {
      const { errors } = await update(id, 'X', expected);
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'VALIDATION_FAILED', fields: [{ path: ['expectedUpdatedAt'] }] },
      ]);
    }
  });
});
