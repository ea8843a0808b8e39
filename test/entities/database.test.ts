import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { withConnection } from '../../src/db/with-connection.ts';
import { columnOf } from '../../src/graphql/entities/entity-column.ts';
import { copyOf, createDatabase, type TestDatabase } from '../support/databases.ts';
import { definitionOf, longestText, mostDigits } from './entity-definitions.ts';
import { byName, orderBy, testedEntities } from './entity-table.ts';

/** Tables that no cached answer is made from (see response-cache.test.ts), and those of the version and of Prisma. */
const unwatched = [
  'public._prisma_migrations',
  'sys.data_versions',
  'sys.password_history',
  'sys.refresh_tokens',
  'sys.sessions',
  'sys.sign_in_sources',
];

/** A column as the migrations have made it. */
const columnSchema = z.object({
  name: z.string(),
  isText: z.boolean(),
  /** In characters; null without a limit. */
  length: z.int().nullable(),
  digits: z.int().nullable(),
  fraction: z.int().nullable(),
  collation: z.string().nullable(),
  /** The tables that its foreign keys lead to. */
  targets: z.array(z.string()),
});

const indexSchema = z.object({
  name: z.string(),
  isPrimary: z.boolean(),
  columns: z.array(z.string()),
  /** Of the texts among these; null for the others. */
  collations: z.array(z.string().nullable()),
});

const columnsStatement = `
  SELECT attname AS name, collname AS collation, attcollation <> 0 AS "isText",
         information_schema._pg_char_max_length(atttypid, atttypmod) AS length,
         information_schema._pg_numeric_precision(atttypid, atttypmod) AS digits,
         information_schema._pg_numeric_scale(atttypid, atttypmod) AS fraction,
         ARRAY(SELECT confrelid::regclass::text FROM pg_constraint
               WHERE contype = 'f' AND conrelid = attrelid AND conkey = ARRAY[attnum]) AS targets
  FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation
  WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`;

const indexesStatement = `
  SELECT pg_class.relname AS name, indisprimary AS "isPrimary",
         ARRAY(SELECT pg_get_indexdef(indexrelid, place, true) FROM generate_series(1, indnkeyatts) AS place) AS columns,
         ARRAY(SELECT collname::text FROM unnest(indcollation) WITH ORDINALITY AS used (oid, place)
               LEFT JOIN pg_collation ON pg_collation.oid = used.oid ORDER BY place) AS collations
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  WHERE indrelid = $1::regclass AND indisunique`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'), copyOf(inject('templates').tenant));
});
afterAll(() => database.drop());

async function read<Row>(schema: z.ZodType<Row>, statement: string, values: string[] = []): Promise<Row[]> {
  const { rows } = await withConnection(database.connection, (client) => client.query(statement, values));
  return z.array(schema).parse(rows);
}

it('every table raises the version of the data, but those that no cached answer is made from', async () => {
  const tables = await read(
    z.object({ name: z.string(), watched: z.boolean() }),
    `SELECT format('%s.%s', nspname, relname) AS name,
       EXISTS (
         SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgfoid = 'sys.note_change'::regproc
           AND tgenabled = 'A' AND tgqual IS NULL AND tgattr = '' AND tgtype = 60
       ) AS watched
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
     ORDER BY name`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['sys.users', ...unwatched]));
  const forgotten = tables.flatMap(({ name, watched }) =>
    watched || unwatched.includes(name) ? [] : [name],
  );
  expect(
    forgotten,
    `Changes of these tables would leave cached answers as they are. Add to the migration of each: ${forgotten
      .map((name) => `SELECT "sys"."watch_changes"('"${name.replace('.', '"."')}"');`)
      .join(' ')}`,
  ).toEqual([]);
});

it('no unique index depends on a locale, or on a version of libc or ICU', async () => {
  const tables = await read(
    z.object({ name: z.string() }),
    `SELECT DISTINCT indrelid::regclass::text AS name FROM pg_index
     WHERE indrelid >= 16384 AND indrelid <> 'public._prisma_migrations'::regclass`,
  );
  for (const { name: table } of tables) {
    for (const { name, columns, collations } of await read(indexSchema, indexesStatement, [table])) {
      const wrong = columns.filter((_column, place) => ![null, 'C'].includes(collations[place] ?? null));
      expect(
        wrong,
        `In the migration, the unique index ${name} of ${table} needs COLLATE "C" after each text: (${columns
          .map((column, place) => `"${column}"${collations[place] ? ' COLLATE "C"' : ''}`)
          .join(', ')}).`,
      ).toEqual([]);
    }
  }
});

describe.each(byName(testedEntities))('the table of %s', (name, entity) => {
  const { model, table, orders } = entity;
  const { columns: fields, search, searchLowerCase, unique } = definitionOf(name);
  let columns: ReadonlyMap<string, z.output<typeof columnSchema>>;

  beforeAll(async () => {
    const found = await read(columnSchema, columnsStatement, [table]);
    columns = new Map(found.map((column) => [column.name, column]));
  });

  /** The column of a field. */
  function columnFor(field: string): z.output<typeof columnSchema> {
    const column = columns.get(columnOf(model, field).name);
    if (!column) throw new Error(`No migration makes the column of ${name}.${field}.`);
    return column;
  }

  it('orders and folds the texts of lists and searches alike on every server', () => {
    const read = [...columns.values()].filter(({ name: column }) => orders.includes(orderBy(column)));
    const ofNames = new Set([...search.map(columnFor), ...read]);
    // Lower case alone is told apart as programs do it.
    for (const field of searchLowerCase) ofNames.delete(columnFor(field));
    for (const { name: column, isText, collation } of ofNames) {
      if (!isText) continue;
      expect(
        collation,
        `Lists of ${name} are searched or ordered by ${column}: in the migration, its column in ${table} needs COLLATE "und-x-icu".`,
      ).toBe('und-x-icu');
    }
    for (const { name: column, collation } of searchLowerCase.map(columnFor)) {
      expect(
        collation,
        `${column} of ${name} holds lower case alone: in the migration, its column in ${table} needs COLLATE "C".`,
      ).toBe('C');
    }
  });

  it('holds the longest texts that its fields let through, and none that are longer', () => {
    for (const [field, { type, schema }] of fields) {
      if (type !== 'String') continue;
      const { length } = columnFor(field);
      const longest = longestText(schema);
      expect(
        longest,
        `${name}.${field} takes up to ${longest} characters in its service, and its column ${length}: let the service, @db.VarChar in prisma and VARCHAR in the migration say the same.`,
      ).toBe(length);
    }
  });

  it('holds the most digits that its fields let through, and no more', () => {
    for (const [field, { type, schema }] of fields) {
      if (type !== 'Decimal') continue;
      const { digits, fraction } = columnFor(field);
      const most = mostDigits(schema);
      const taken = most && [most.whole + most.fraction, most.fraction];
      expect(
        taken,
        `${name}.${field} is decimal(${taken?.join(', ')}, …) in its service, and its column DECIMAL(${digits}, ${fraction}): let the service, @db.Decimal in prisma and DECIMAL in the migration say the same.`,
      ).toEqual([digits, fraction]);
    }
  });

  it('has the unique indexes that its service reports at fields, and no others', async () => {
    const all = await read(indexSchema, indexesStatement, [table]);
    const indexes = all.filter(({ isPrimary }) => !isPrimary);
    const made = indexes.map((index) => index.name).sort();
    expect(
      Object.keys(unique).sort(),
      `\`unique\` in the service of ${name} names what is not there, or leaves out what is: the unique indexes of ${table} are called ${made.join(', ')}.`,
    ).toEqual(made);
    for (const index of indexes) {
      const field = unique[index.name] ?? '';
      expect(
        index.columns.some((column) => column.includes(columnFor(field).name)),
        `\`unique\` in the service of ${name} reports ${index.name} at ${field}, and the index is on ${index.columns.join(', ')}.`,
      ).toBe(true);
    }
  });

  it('refers to the tables of the entities that its fields name', () => {
    for (const [field, { references }] of fields) {
      if (references === null) continue;
      const { table: target } = testedEntities.find((other) => other.name === references) ?? entity;
      const { name: column, targets } = columnFor(field);
      expect(
        targets,
        `${name}.${field} is optionalReference('${references}') in its service, and the foreign key of ${table}.${column} leads to ${targets.join() || 'nothing'}: let the service, the relation in prisma and FOREIGN KEY in the migration say the same.`,
      ).toEqual([target]);
    }
  });
});
