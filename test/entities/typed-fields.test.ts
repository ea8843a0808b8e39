import { randomUUID } from 'node:crypto';
import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { createListReader, type ListReader } from '../support/list-pages.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import {
  addReferencesTo,
  addRow,
  changedFor,
  inputFor,
  orderBy,
  storedValue,
  type TestedEntity,
  type TypedField,
  testedEntities,
} from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let reader: ListReader;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' }, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  reader = createListReader(fleet.graphql, admin.token);
});
afterAll(() => fleet.close());

type Value = string | number | null;

interface Page {
  readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[];
}

const ask = (query: string, variables: Readonly<Record<string, unknown>>) =>
  fleet.graphql(query, { token: admin.token, variables });

const create = async (entity: TestedEntity, field: string, input: object) =>
  ask(
    `mutation ($input: ${entity.name}CreateInput!) {
      answer: create${entity.name}(input: $input) { uuid ${field} }
    }`,
    { input: await inputFor(acme.db, entity, { [entity.label]: randomUUID(), ...input }) },
  );

const update = ({ name, idArgument }: TestedEntity, field: string, id: string, input: object) =>
  ask(
    `mutation ($id: ID!, $input: ${name}UpdateInput!) {
      answer: update${name}(${idArgument}: $id, input: $input) { ${field} }
    }`,
    { id, input },
  );

const fieldsOf = (tested: readonly TestedEntity[]) =>
  tested.flatMap((entity) =>
    Object.entries(entity.typed ?? {}).map(
      ([field, typed]) => [`${entity.name}.${field}`, entity, field, typed] as const,
    ),
  );

/** Whether its rows stand below the users whom they refer to, too. */
const standsBelowUsers = ({ name, list }: TestedEntity) => {
  const users = schema.getType('User');
  return isObjectType(users) && String(users.getFields()[list]?.type) === `${name}Connection`;
};

/** Whether its list can be ordered by that field. */
const isOrder = ({ orders }: TestedEntity, field: string) => orders.includes(orderBy(field));

describe.each(fieldsOf(changedFor('mutations')))(
  '%s',
  (_name, entity, field, { values, wrong, spelling, isNullable }: TypedField) => {
    const { name, model, idArgument, label, list } = entity;

    it('holds each value exactly, on every way to write and to read it', async () => {
      const references = await addReferencesTo(admin.id, acme.db, entity);
      const below = standsBelowUsers(entity);
      for (const value of values) {
        const { data, errors } = await create(entity, field, { ...references, [field]: value });
        expect(errors).toEqual([]);
        const id: string = data.answer.uuid;
        expect(data.answer[field]).toBe(value);
        const read = await ask(
          `query ($id: ID!) {
          one: ${model}(${idArgument}: $id) { uuid ${field} }
          list: ${list}(first: 1) { edges { node { uuid ${field} } } }
          ${below ? `me { ${list}(last: 100) { edges { node { uuid ${field} } } } }` : ''}
        }`,
          { id },
        );
        expect(read.errors).toEqual([]);
        expect(read.data.one[field]).toBe(value);
        const lists: readonly Page[] = [read.data.list, ...(below ? [read.data.me[list]] : [])];
        const rows = lists.flatMap(({ edges }) => edges.filter(({ node }) => node.uuid === id));
        expect(rows.map(({ node }) => node[field])).toEqual(lists.map(() => value));
      }
    });

    it('is changed alone, stays when it is absent, and is cleared by null where it may be empty', async () => {
      const [first = null, second = null] = values;
      const id = await addRow(acme.db, name, { label: randomUUID(), [field]: storedValue(first) });
      const changed = async (input: object) => (await update(entity, field, id, input)).data.answer?.[field];
      expect(await changed({ [field]: second })).toBe(second);
      expect(await changed({ [label]: randomUUID() })).toBe(second);
      const cleared = await update(entity, field, id, { [field]: null });
      if (isNullable) expect(cleared.data.answer[field]).toBeNull();
      else expect(cleared.errors[0]?.extensions).toMatchObject({ fields: [{ path: ['input', field] }] });
    });

    it('is recorded as the API writes it, and not at all while it stays the same', async () => {
      const [first = null, second = null] = values;
      const id = await addRow(acme.db, name, { label: randomUUID(), [field]: storedValue(first) });
      await update(entity, field, id, { [field]: first });
      await update(entity, field, id, { [field]: second });
      const records = await acme.db.auditRecord.findMany({
        where: { entityId: id },
        orderBy: { createdAt: 'asc' },
      });
      expect(records.map(({ changes }) => changes)).toEqual([
        {},
        { [field]: { before: first, after: second } },
      ]);
    });

    it('takes another spelling of a value for that value', async () => {
      const [given, answered] = spelling ?? [values[0], values[0]];
      expect((await create(entity, field, { [field]: given })).data.answer[field]).toBe(answered);
    });

    it.each(wrong)('refuses %s, and names the field', async (value) => {
      const id = await addRow(acme.db, name);
      for (const { data, errors } of [
        await create(entity, field, { [field]: value }),
        await update(entity, field, id, { [field]: value }),
      ]) {
        expect(data?.answer ?? null).toBeNull();
        expect(errors.map(({ extensions }) => extensions)).toMatchObject([
          { code: 'VALIDATION_FAILED', fields: [{ path: ['input', field] }] },
        ]);
      }
    });

    it.runIf(isOrder(entity, field))('is no place in a list when a cursor holds what it can’t', async () => {
      const order = orderBy(field);
      const args = `first: 1, orderBy: { field: ${order} }`;
      await addRow(acme.db, name, { label: randomUUID(), [field]: storedValue(values[0] ?? null) });
      const cursor = Buffer.from(await reader.cursorOf(list, args), 'base64url').toString();
      const [, place = ''] = /^(.*:[0-9a-f-]{36}:)/.exec(cursor) ?? [];
      for (const text of [
        '=x',
        'x',
        '=',
        '=1e3',
        '=NaN',
        '=infinity',
        '=2023-02-29',
        `=${'9'.repeat(99)}`,
        '=\0',
      ]) {
        await reader.expectRefusal(
          list,
          `orderBy: { field: ${order} }`,
          Buffer.from(`${place}${text}`).toString('base64url'),
        );
      }
    });
  },
);

describe.each(fieldsOf(testedEntities))(
  'a list by %s',
  (_name, entity, field, { values, filter, isNullable }: TypedField) => {
    const { name, list } = entity;
    const all: readonly Value[] = [...values, ...(isNullable ? [null] : [])];
    const rows = new Map<Value, string>();
    let tag: string;

    beforeAll(async () => {
      tag = `t-${randomUUID()}`;
      for (const value of all) {
        rows.set(value, await addRow(acme.db, name, { label: tag, [field]: storedValue(value) }));
      }
    });

    /** The values of the rows that a filter lets through. */
    async function shown(written: string): Promise<Value[]> {
      const { ids, pageInfo } = await reader.page(list, `search: "${tag}", first: 100, ${field}: ${written}`);
      expect(pageInfo.totalCount).toBe(ids.length);
      return all.filter((value) => ids.includes(rows.get(value) ?? ''));
    }
    const literal = (value: Value) => (filter === 'choice' ? String(value) : JSON.stringify(value));

    it.runIf(isOrder(entity, field)).each(['ASC', 'DESC'])(
      'has every row once, %s, forward and backward',
      async (direction) => {
        const column = orderBy(field);
        const found = await acme.db.$queryRawUnsafe(
          `SELECT id::text FROM ${entity.table} WHERE deleted_at IS NULL ORDER BY ${column} ${direction}, id ${direction}`,
        );
        const expected = z.array(z.object({ id: z.string() })).parse(found);
        // Without a search, lists are read past Prisma.
        const args = `orderBy: { field: ${column}, direction: ${direction} }`;
        const ids = expected.map(({ id }) => id);
        expect(await reader.walk(list, args, 'forward')).toEqual(ids);
        expect(await reader.walk(list, args, 'backward')).toEqual(ids);
      },
    );

    if (filter === 'choice') {
      it('has the rows with one of several values', async () => {
        const [first = null, second = null] = values;
        expect(await shown(`[${literal(second)}]`)).toEqual([second]);
        expect(await shown(`[${literal(second)}, ${literal(first)}, ${literal(first)}]`)).toEqual([
          first,
          second,
        ]);
        expect(await shown('[]')).toEqual([]);
        expect(await shown('null')).toEqual(all);
      });
      return;
    }

    if (filter === undefined) return;

    it('has the rows in a range, to its ends', async () => {
      const isMoment = String(values[0]).includes('T');
      const upTo = (place: number) => values.slice(0, isMoment ? place : place + 1);
      for (const [place, value] of values.entries()) {
        const bound = literal(value);
        expect(await shown(`{ from: ${bound} }`)).toEqual(values.slice(place));
        expect(await shown(`{ to: ${bound} }`)).toEqual(upTo(place));
        expect(await shown(`{ from: ${bound}, to: ${bound} }`)).toEqual(isMoment ? [] : [value]);
      }
      expect(await shown('{}')).toEqual(all);
      expect(await shown('{ from: null }')).toEqual(all);
    });

    it('refuses a range that ends before it begins, and names its end', async () => {
      const { errors } = await reader.list(
        list,
        `${field}: { from: ${literal(values.at(-1) ?? null)}, to: ${literal(values[0] ?? null)} }`,
      );
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'VALIDATION_FAILED', fields: [{ path: [field, 'to'], reason: 'OUT_OF_RANGE' }] },
      ]);
    });
  },
);
