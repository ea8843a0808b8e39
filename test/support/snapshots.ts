import { z } from 'zod';
import type { TenantClient } from '../../src/db/tenant-client.ts';

const tablesSchema = z.array(z.object({ name: z.string() }));
const rowsSchema = z.array(z.object({ row: z.string() }));

/** Every row of every table, as text that begins with the table's name. */
export type Snapshot = readonly string[];

/**
 * Reads a tenant's whole database. Tables are found in the catalogue, so that new ones are not forgotten. Prisma's
 * record of migrations, alone in `public`, is closed to the application, and the version of the rows may be another one
 * although none has changed.
 */
export async function readEveryRow(db: TenantClient): Promise<Snapshot> {
  const tables = tablesSchema.parse(
    await db.$queryRaw`
      SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public') AND tablename <> 'data_versions'`,
  );
  // By bytes: sorting by a linguistic collation would take longer than everything else.
  const selects = tables.map(
    ({ name }) =>
      `SELECT ('${name.replaceAll("'", "''")} ' || to_jsonb(t)::text) COLLATE "C" AS row FROM ${name} t`,
  );
  return rowsSchema
    .parse(await db.$queryRawUnsafe(`${selects.join(' UNION ALL ')} ORDER BY 1`))
    .map(({ row }) => row);
}
