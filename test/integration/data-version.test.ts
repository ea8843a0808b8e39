import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DatabaseClient } from '../../src/db/database-client.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';

let database: TestDatabase;
let writer: pg.Client;
let reader: pg.Client;

beforeAll(async () => {
  database = await createEmptyDatabase();
  await applyMigrations(database.connection, tenantMigrationsFolder);
});
afterAll(() => database.drop());

async function connect(): Promise<pg.Client> {
  const client = new DatabaseClient(database.connection);
  await client.connect();
  return client;
}

/** The test server's own default is another, as some company's may be. */
const readCommitted = "SET default_transaction_isolation = 'read committed'";

beforeEach(async () => {
  [writer, reader] = await Promise.all([connect(), connect()]);
  for (const client of [writer, reader]) await client.query(readCommitted);
});
afterEach(async () => {
  await Promise.all([writer.end(), reader.end()]);
});

const versionsSchema = z.array(z.object({ version: z.uuid() })).nonempty();

async function versions(client = reader): Promise<string[]> {
  const { rows } = await client.query('SELECT version FROM sys.data_versions ORDER BY version');
  return versionsSchema.parse(rows).map(({ version }) => version);
}

const addDepartment = (code = randomUUID()) =>
  `INSERT INTO sys.departments (id, code, name) VALUES (gen_random_uuid(), '${code}', 'A department')`;

/** Tells whether another session sees another version after `statements`, each of which is its own transaction. */
async function raises(...statements: string[]): Promise<boolean> {
  const before = await versions();
  for (const statement of statements) await writer.query(statement);
  return String(await versions()) !== String(before);
}

// That every table raises it is seen in test/entities/database.test.ts.
describe('the version of a tenant database', () => {
  it.each([
    ['INSERT', addDepartment()],
    ['UPDATE', "UPDATE sys.departments SET name = 'Another name'"],
    ['DELETE', 'DELETE FROM sys.departments'],
    ['TRUNCATE', 'TRUNCATE sys.departments CASCADE'],
    [
      'COPY',
      "COPY sys.departments (id, code, name) FROM PROGRAM 'echo 6f1c1c1e-0000-4000-8000-000000000000,c,n' CSV",
    ],
    ['a query that writes', `WITH written AS (${addDepartment()} RETURNING id) SELECT id FROM written`],
    ['a replica’s session', `SET session_replication_role = replica; ${addDepartment()}`],
    ['a migration that says so', 'SELECT sys.raise_data_version()'],
  ])('is another one after %s', async (_name, statement) => {
    expect(await raises(statement)).toBe(true);
  });

  it('stays as it is while only sessions come and go', async () => {
    expect(await raises('DELETE FROM sys.sessions', 'DELETE FROM sys.refresh_tokens')).toBe(false);
  });

  it('becomes visible with the rows, and not before', async () => {
    const code = randomUUID();
    const count = async () => {
      const { rows } = await reader.query('SELECT FROM sys.departments WHERE code = $1', [code]);
      return rows.length;
    };
    const before = await versions();
    await writer.query('BEGIN');
    await writer.query(addDepartment(code));
    expect(await versions()).toEqual(before);
    expect(await count()).toBe(0);
    await writer.query('COMMIT');
    expect(await versions()).not.toEqual(before);
    expect(await count()).toBe(1);
  });

  it('stays as it is after a rollback', async () => {
    expect(await raises('BEGIN', addDepartment(), 'ROLLBACK')).toBe(false);
    expect(await raises('BEGIN', 'SAVEPOINT s', addDepartment(), 'ROLLBACK TO s', 'COMMIT')).toBe(false);
  });

  it('is raised by what follows a rolled-back savepoint, and a released one', async () => {
    const within = ['BEGIN', 'SAVEPOINT s', addDepartment()];
    expect(await raises(...within, 'ROLLBACK TO s', addDepartment(), 'COMMIT')).toBe(true);
    expect(await raises(...within, 'RELEASE s', addDepartment(), 'COMMIT')).toBe(true);
  });

  it('is written once in a transaction, however much that changes', async () => {
    await writer.query('BEGIN');
    await writer.query(addDepartment());
    const own = await versions(writer);
    await writer.query(`${addDepartment()}; SET CONSTRAINTS ALL IMMEDIATE; ${addDepartment()}`);
    expect(await versions(writer)).toEqual(own);
    await writer.query('COMMIT');
    await writer.query(addDepartment());
    expect(await versions(writer)).not.toEqual(own);
  });

  it('lets nobody wait for another writer, and each of them counts', async () => {
    const before = await versions();
    const others = await Promise.all([connect(), connect()]);
    for (const client of [writer, ...others]) {
      await client.query(`SET lock_timeout = '1s'`);
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      await client.query(addDepartment());
    }
    const seen = [before];
    for (const client of [...others, writer]) {
      await client.query('COMMIT');
      seen.push(await versions());
    }
    await Promise.all(others.map((client) => client.end()));
    expect(new Set(seen.map(String)).size).toBe(4);
    await writer.query(addDepartment());
    expect(await versions()).toHaveLength(1);
  });

  it.each(['REPEATABLE READ', 'SERIALIZABLE'])(
    'is raised in %s too, where others have raised it meanwhile',
    async (isolation) => {
      await writer.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      await writer.query('SELECT FROM sys.branches');
      await reader.query(addDepartment());
      const before = await versions();
      await writer.query(addDepartment());
      await writer.query('COMMIT');
      expect(await versions()).not.toEqual(before);
    },
  );

  it('does not grow where every transaction is REPEATABLE READ', async () => {
    await writer.query("SET default_transaction_isolation = 'repeatable read'");
    for (let count = 0; count < 3; count++) expect(await raises(addDepartment())).toBe(true);
    expect(await versions()).toHaveLength(1);
  });

  it('does not believe a session that says that it has raised it', async () => {
    expect(await raises("SET cxg.version_raised_in = '1'", addDepartment())).toBe(true);
  });
});
