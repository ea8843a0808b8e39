import { getNamedType, isEnumType, isInputObjectType } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EntityName } from '../../src/catalogue/entities.ts';
import { schema } from '../../src/schema.ts';
import { addRow, type TestedEntity, testedEntity } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';

const rowCount = 10_000;

/** The lists that grow with a company's work, and what tells their rows apart, in SQL by the row's number `n`. */
const growing: Readonly<Partial<Record<EntityName, Readonly<Record<string, string>>>>> = {
  Customer: { code: `'c-' || n`, name: `'Customer ' || n`, owner_id: 'NULL' },
  Contact: { name: `'Contact ' || n`, is_primary: 'false' },
  Deal: { title: `'Deal ' || n`, amount: 'n', expected_close_on: `date '2026-01-01' + n % 365` },
  Activity: { subject: `'Activity ' || n`, due_at: `now() + n * interval '1 minute'` },
  Employee: { number: `'e-' || n`, user_id: 'NULL', name: `'Employee ' || n` },
  LeaveRequest: {
    status: `'REJECTED'`,
    decided_at: 'now()',
    starts_on: `date '2026-01-01' + n % 300`,
    ends_on: `date '2026-01-01' + n % 300 + 1`,
  },
  AttendanceRecord: {
    work_date: `date '2000-01-01' + n`,
    clocked_in_at: `timestamptz '2000-01-01 09:00+09' + n * interval '1 day'`,
    clocked_out_at: `timestamptz '2000-01-01 18:00+09' + n * interval '1 day'`,
  },
};

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

/** A row of each growing list, which the others were made from. */
const originals = new Map<EntityName, string>();

async function multiply(name: EntityName, columns: Readonly<Record<string, string>>): Promise<void> {
  const { table } = testedEntity(name);
  const id = await addRow(acme.db, name);
  originals.set(name, id);
  const own = Object.entries(columns).map(([column, value]) => `'${column}', ${value}`);
  await acme.runAsOwner(
    `INSERT INTO ${table} SELECT (jsonb_populate_record(t, jsonb_build_object(
       'id', gen_random_uuid(), 'created_at', now() - n * interval '1 minute',
       'updated_at', now() - n * interval '1 minute', ${own.join(', ')}))).*
     FROM ${table} AS t, generate_series(1, ${rowCount}) AS n WHERE t.id = '${id}';
     ANALYZE ${table}`,
  );
}

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  for (const [name, columns] of Object.entries(growing)) {
    await multiply(testedEntity(name as EntityName).name, columns);
  }
});
afterAll(() => fleet.close());

const statementSchema = z.object({ text: z.string(), values: z.array(z.unknown()).default([]) });

/** The statements of a query that read a table, with their values. */
async function statementsOf(query: string, table: string) {
  const found: z.output<typeof statementSchema>[] = [];
  const { query: send } = pg.Client.prototype;
  pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
    const [text, values] = args;
    const sent = statementSchema.safeParse(typeof text === 'string' ? { text, values } : text);
    if (sent.success) found.push(sent.data);
    return Reflect.apply(send, this, args);
  };
  try {
    const { errors } = await fleet.graphql(query, { token: admin.token });
    expect(errors).toEqual([]);
  } finally {
    pg.Client.prototype.query = send;
  }
  const quoted = `"${table.replace('.', '"."')}"`;
  return found.filter(({ text }) => text.includes(quoted));
}

const planSchema = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  get Plans() {
    return z.array(planSchema).optional();
  },
});
type Plan = z.output<typeof planSchema>;

const scansOf = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [String(plan['Relation Name'])] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
];

const explainedSchema = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: planSchema })]) })]);

/** The tables that a query reads from end to end. */
async function scannedBy(query: string, table: string): Promise<string[]> {
  const statements = await statementsOf(query, table);
  expect(statements.length).toBe(1);
  const scans: string[] = [];
  for (const { text, values } of statements) {
    const plan = await acme.db.$queryRawUnsafe(`EXPLAIN (FORMAT JSON) ${text}`, ...values);
    scans.push(...scansOf(explainedSchema.parse(plan)[0]['QUERY PLAN'][0].Plan));
  }
  return scans;
}

/** A value for each filter of a list, as it stands in a query. */
function filtersOf({ list }: TestedEntity): [string, string][] {
  const args = schema.getQueryType()?.getFields()[list]?.args ?? [];
  return args.flatMap(({ name, type }): [string, string][] => {
    const named = getNamedType(type);
    if (['search', 'deleted', 'orderBy', 'first', 'last', 'after', 'before'].includes(name)) return [];
    if (isEnumType(named)) return [[name, `[${named.getValues()[0]?.name}]`]];
    if (isInputObjectType(named)) {
      const value = named.name.startsWith('DateTime')
        ? '"2026-03-01T00:00:00Z"'
        : named.name.startsWith('Date')
          ? '"2026-03-01"'
          : named.name.startsWith('Decimal')
            ? '"10"'
            : '10';
      return [[name, `{ from: ${value} }`]];
    }
    if (named.name === 'ID') return [[name, '"00000000-0000-4000-8000-000000000000"']];
    return [[name, named.name === 'Boolean' ? 'true' : '"none"']];
  });
}

const grown = Object.keys(growing).map((name) => testedEntity(name as EntityName));

describe.each(grown.map((entity) => [entity.list, entity] as const))(
  'a page of 10,000 %s',
  (list, entity) => {
    const tableName = entity.table.split('.')[1] ?? '';

    it.each(entity.allOrders)('is read by an index in the order of %s, either way', async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const page = `{ ${list}(first: 20, orderBy: { field: ${field}, direction: ${direction} }) { edges { node { id } } } }`;
        expect(await scannedBy(page, entity.table)).not.toContain(tableName);
      }
    });

    const filters = filtersOf(entity).filter(([name]) => name !== 'businessNumber');
    it.each(filters)('is read by an index with the filter %s', async (name, value) => {
      const page = `{ ${list}(first: 20, ${name}: ${value}) { edges { node { id } } } }`;
      expect(await scannedBy(page, entity.table)).not.toContain(tableName);
    });
  },
);

describe('a page with what its rows refer to', () => {
  it.each([
    [
      'customers',
      '{ customers(first: 20) { edges { node { id name owner { id fullName } } } } }',
      'crm.customers',
    ],
    [
      'deals',
      `{ deals(first: 20) { edges { node { id title amount currency
         customer { id name } stage { id name } owner { id fullName } } } } }`,
      'crm.deals',
    ],
  ])('is one statement: %s', async (_list, query, table) => {
    expect(await scannedBy(query, table)).not.toContain(table.split('.')[1]);
  });
});
