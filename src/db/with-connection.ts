import type pg from 'pg';
import { DatabaseClient } from './database-client.ts';

const connectTimeoutMilliseconds = 5_000;

/** Runs `work` on one connection of its own, and closes it whatever happens. */
export async function withConnection<T>(
  connection: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient({ connectionTimeoutMillis: connectTimeoutMilliseconds, ...connection });
  // A connection that dies between two statements reports it here as well as to the next statement.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
