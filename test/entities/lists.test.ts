import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { createListReader, type ListReader } from '../support/list-pages.ts';
import { addAdministrator, addPerson } from '../support/people.ts';
import { addRow, orderBy, type TestedEntity, testedEntities, typedValues } from './entity-table.ts';

const directions = ['ASC', 'DESC'] as const;
type Direction = (typeof directions)[number];

/** Alike but for case, in Hangul and beyond the basic plane, several of each: only the id tells these apart. */
const labels = ['pg-kim', 'PG-Kim', 'pg-김철수', 'pg-이영희', 'PG-김철수', 'pg-Äpfel', 'pg-𠮷', 'pg-zoe'];

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let token: string;
let betaToken: string;
let reader: ListReader;

/** Adds rows of these names, several at each moment. Codes sort as the names do. @returns their ids. */
async function addRows(
  entity: TestedEntity,
  names: readonly string[],
  { db }: TestTenant = acme,
): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, label] of names.entries()) {
    const id = randomUUID();
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, Math.floor(index / 4)));
    const updatedAt = new Date(Date.UTC(2026, 1, 1, 0, -(index % 5)));
    await addRow(db, entity.name, {
      ...typedValues(entity, index),
      id,
      label,
      code: `${label.toLowerCase()}.${id}`,
      createdAt,
      updatedAt,
    });
    ids.push(id);
  }
  return ids;
}

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  token = (await addAdministrator(fleet, acme)).token;
  beta = await fleet.provision('beta02');
  betaToken = (await addAdministrator(fleet, beta)).token;
  reader = createListReader(fleet.graphql, token);
  for (const entity of testedEntities) {
    await addRows(entity, [...labels, ...labels, ...labels]);
    await addRows(entity, labels.slice(0, 2), beta);
  }
});
afterAll(() => fleet.close());

const idRowsSchema = z.array(z.object({ id: z.string() }));

describe.each(testedEntities.map((entity) => [entity.list, entity] as const))(
  'the list of %s',
  (name, entity) => {
    const { table, allOrders, resource } = entity;
    const labelColumn = orderBy(entity.label);
    const [anOrder = ''] = entity.orders;

    /** The ids of the rows called `pg-…`, as the database itself puts them in order. */
    async function idsInOrder(column: string, direction: Direction): Promise<string[]> {
      const rows = await acme.db.$queryRawUnsafe(
        `SELECT id::text FROM ${table} WHERE ${labelColumn} ILIKE 'pg-%' AND deleted_at IS NULL
       ORDER BY ${column} ${direction}, id ${direction}`,
      );
      return idRowsSchema.parse(rows).map(({ id }) => id);
    }

    it.each(allOrders.flatMap((field) => directions.map((direction) => [field, direction] as const)))(
      'holds every row once, by %s %s, forward and backward',
      async (field, direction) => {
        const expected = await idsInOrder(field, direction);
        expect(expected).toHaveLength(24);
        const args = `search: "pg-", orderBy: { field: ${field}, direction: ${direction} }`;
        expect(await reader.walk(name, args, 'forward')).toEqual(expected);
        expect(await reader.walk(name, args, 'backward')).toEqual(expected);
      },
    );

    it('is ordered in every way that the schema has', async () => {
      const { data } = await fleet.graphql(
        `{ __type(name: "${entity.name}OrderField") { enumValues { name } } }`,
        { token },
      );
      const fields = z.array(z.object({ name: z.string() })).parse(data.__type.enumValues);
      expect(fields.map((field) => field.name).sort()).toEqual(allOrders.toSorted());
    });

    it('has the newest first when no order is asked for', async () => {
      expect(await reader.walk(name, 'search: "pg-"', 'forward')).toEqual(
        await idsInOrder('created_at', 'DESC'),
      );
    });

    it('runs upward when no direction is asked for', async () => {
      const args = `search: "pg-", orderBy: { field: ${anOrder} }`;
      expect(await reader.walk(name, args, 'forward')).toEqual(await idsInOrder(anOrder, 'ASC'));
    });

    it.each(allOrders.map((field, index) => [field, directions[index % 2] ?? 'ASC'] as const))(
      'misses and repeats nothing by %s %s while other rows come and go, those of the cursors included',
      async (field, direction) => {
        const before = await idsInOrder(field, direction);
        const added: string[] = [];
        const removed = new Set<string>();
        const seen = await reader.walk(
          name,
          `search: "pg-", orderBy: { field: ${field}, direction: ${direction} }`,
          'forward',
          async (ids) => {
            added.push(...(await addRows(entity, ['pg-aaa', 'pg-힣'])));
            const last = ids.at(-1) ?? '';
            removed.add(last);
            await acme.db.$executeRawUnsafe(`UPDATE ${table} SET deleted_at = now() WHERE id = '${last}'`);
          },
        );
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => !added.includes(id))).toEqual(before);
        expect(removed.size).toBeGreaterThan(2);
        await acme.db.$executeRawUnsafe(`DELETE FROM ${table} WHERE id = ANY ($1::uuid[])`, added);
        await acme.db.$executeRawUnsafe(`UPDATE ${table} SET deleted_at = NULL WHERE id = ANY ($1::uuid[])`, [
          ...removed,
        ]);
      },
    );

    it('refuses a cursor of another order or direction', async () => {
      const byCreation = await reader.cursorOf(name);
      const byAnother = await reader.cursorOf(name, `first: 3, orderBy: { field: ${anOrder} }`);
      await reader.expectRefusal(name, 'orderBy: { field: UPDATED_AT, direction: DESC }', byCreation);
      await reader.expectRefusal(name, 'orderBy: { field: CREATED_AT, direction: ASC }', byCreation);
      await reader.expectRefusal(name, '', byAnother);
    });

    it('refuses a cursor of another list, and one of another tenant’s', async () => {
      for (const other of testedEntities.filter(({ list }) => list !== name)) {
        await reader.expectRefusal(name, '', await reader.cursorOf(other.list));
      }
      await reader.expectRefusal(name, '', await reader.cursorOf(name, 'first: 1', betaToken));
    });

    it('shows the rows that refer to another, by either form of its id, and counts them', async () => {
      for (const [argument, type] of Object.entries(entity.filters)) {
        const target = await addRow(acme.db, type);
        const id = await addRow(acme.db, entity.name, { [argument]: target });
        for (const form of [target, encodeGlobalId(type, target)]) {
          const { ids, pageInfo } = await reader.page(name, `${argument}: "${form}"`);
          expect([ids, pageInfo.totalCount]).toEqual([[id], 1]);
        }
      }
    });

    it('refuses a wrong id in a filter, and names the filter', async () => {
      for (const [argument, type] of Object.entries(entity.filters)) {
        const other = type === 'User' ? 'Role' : 'User';
        for (const id of ['nonsense', encodeGlobalId(other, randomUUID())]) {
          const { errors } = await reader.list(name, `${argument}: "${id}"`);
          expect(errors[0]?.extensions).toMatchObject({
            code: 'VALIDATION_FAILED',
            fields: [{ path: [argument] }],
          });
        }
      }
    });

    it('shows the deleted, and only those, to who may delete', async () => {
      const marked = async (deletedAt: Date | null) => {
        const label = `filter-${randomUUID()}`;
        return { label, id: await addRow(acme.db, entity.name, { label, deletedAt }) };
      };
      const [live, gone] = [await marked(null), await marked(new Date())];
      expect((await reader.page(name, 'deleted: true, first: 100')).ids).toEqual([gone.id]);
      for (const args of ['deleted: false, first: 100', 'deleted: null, first: 100']) {
        expect((await reader.page(name, `${args}, search: "${live.label}"`)).ids).toEqual([live.id]);
        expect((await reader.page(name, `${args}, search: "${gone.label}"`)).ids).toEqual([]);
      }
      const holder = (...actions: string[]) =>
        addPerson(fleet, acme, { permissions: actions.map((action) => `${resource}:${action}`) });
      const ask = async (args: string, person: { readonly token: string }) =>
        reader.list(name, args, {}, person.token);
      const writer = await holder('read', 'write');
      const refused = await ask('deleted: true', writer);
      expect(refused.codes).toEqual(['FORBIDDEN']);
      expect(refused.errors[0]?.message).toContain(`${resource}:delete`);
      expect((await ask('deleted: false', writer)).codes).toEqual([]);
      expect((await ask('deleted: true', await holder('delete'))).codes).toEqual(['FORBIDDEN']);
      expect((await ask('deleted: true', await holder('read', 'delete'))).codes).toEqual([]);
    });

    it('is searched by its names, whatever the case, taken literally', async () => {
      const names = ['sr-100% 확실', 'sr-under_score', 'sr-underXscore', 'sr-Back\\slash'];
      const [percent, under, other = '', back] = await addRows(entity, names);
      const shown = async (search: string) => (await reader.page(name, 'search: $search', { search })).ids;
      expect(await shown('100%')).toEqual([percent]);
      expect(await shown('확실')).toEqual([percent]);
      expect(await shown('R-UNDER_S')).toEqual([under]);
      expect(await shown('k\\s')).toEqual([back]);
      if (entity.code !== null) expect(await shown(other)).toEqual([other]);
      expect(await shown("'; DROP TABLE sys.users; --")).toEqual([]);
      expect((await reader.page(name, 'search: " "')).pageInfo.totalCount).toBe(
        (await reader.page(name, 'first: 1')).pageInfo.totalCount,
      );
    });

    it('is searched by Hangul that is typed in pieces', async () => {
      const [id] = await addRows(entity, ['sr-한글이름']);
      const { ids } = await reader.page(name, 'search: $search', { search: '한글이름'.normalize('NFD') });
      expect(ids).toEqual([id]);
    });

    it('refuses what can’t be searched for, and names it', async () => {
      for (const search of ['x'.repeat(101), 'nul\0', 'line\nbreak', 'bell\u0007']) {
        const { errors } = await reader.list(name, 'search: $search', { search });
        expect(errors[0]?.extensions).toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ path: ['search'] }],
        });
      }
    });

    it('has its pages and its count narrowed alike by a search', async () => {
      const ids = await addRows(
        entity,
        Array.from({ length: 9 }, (_, index) => `sq-${index % 2}`),
      );
      const { pageInfo } = await reader.page(name, 'search: "sq-", first: 2');
      expect(pageInfo.totalCount).toBe(9);
      expect((await reader.walk(name, 'search: "SQ-"', 'forward')).toSorted()).toEqual(ids.toSorted());
    });
  },
);
