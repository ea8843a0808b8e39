import type pg from 'pg';
import { z } from 'zod';
import { readMarker, type TenantIdentity } from './tenant-marker.ts';

/**
 * The marker of a database of unknown origin: `unmarked` has users but no marker, `empty` has neither, and `unreadable`
 * can't be read by the current role.
 */
export type RestoredMarker = TenantIdentity | 'unmarked' | 'empty' | 'unreadable';

const tablesSchema = z.array(z.object({ name: z.string(), isPlain: z.boolean(), isReadable: z.boolean() }));

/**
 * Reads the marker, but only from a plain table: a view or a row security policy would run its code with the reader's
 * rights.
 */
export async function readRestoredMarker(client: pg.Client): Promise<RestoredMarker> {
  const { rows } = await client.query(
    `SELECT relname AS name, relkind = 'r' AND NOT relrowsecurity AS "isPlain",
            has_schema_privilege(relnamespace, 'USAGE') AND has_table_privilege(pg_class.oid, 'SELECT') AS "isReadable"
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'sys' AND relname IN ('tenant_marker', 'users')`,
  );
  const tables = tablesSchema.parse(rows);
  const marker = tables.find(({ name }) => name === 'tenant_marker');
  if (!marker) return tables.length > 0 ? 'unmarked' : 'empty';
  if (!marker.isPlain || !marker.isReadable) return 'unreadable';
  return (await readMarker(client)) ?? 'unmarked';
}
