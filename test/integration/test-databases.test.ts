import pg from 'pg';
import { expect, test } from 'vitest';
import { createEmptyDatabase } from '../support/databases.ts';

test('gives each call an empty database of its own, and drops it under open connections', async () => {
  const [one, other] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  const client = new pg.Client(one.connection);
  client.on('error', () => undefined);
  await client.connect();
  await client.query('CREATE TABLE note (text text)');
  const elsewhere = new pg.Client({ connectionString: other.url });
  await elsewhere.connect();
  const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";

  expect((await elsewhere.query(tables)).rows).toEqual([]);
  await elsewhere.end();
  await one.drop();
  await other.drop();

  await expect(new pg.Client(one.connection).connect()).rejects.toThrow('does not exist');
  await client.end().catch(() => undefined);
});
