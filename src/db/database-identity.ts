import type pg from 'pg';
import { z } from 'zod';

const identitySchema = z.tuple([z.object({ identity: z.string() })]);

/** Reads what no two databases have in common, of any servers: its number, and when its server was started. */
export async function readDatabaseIdentity(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `SELECT oid || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS identity
     FROM pg_database WHERE datname = current_database()`,
  );
  return identitySchema.parse(rows)[0].identity;
}
