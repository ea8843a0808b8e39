import type pg from 'pg';
import { z } from 'zod';

const identitySchema = z.tuple([z.object({ identity: z.string() })]);

/** Reads an identity that no two databases share, on any servers: its OID and its server's start time. */
export async function readDatabaseIdentity(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `SELECT oid || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS identity
     FROM pg_database WHERE datname = current_database()`,
  );
  return identitySchema.parse(rows)[0].identity;
}
