import type pg from 'pg';
import { z } from 'zod';
import { tenantMigrations } from './tenant-migrations.ts';

/** The schema of a tenant's database, as the database itself says. The record in the central database may be older, or newer. */
export interface TenantSchema {
  /** The migrations of this version that the database has not had, oldest first. */
  readonly lacking: readonly string[];
  /** The newest migration that it has had, also one that this version does not know; null when it has had none. */
  readonly version: string | null;
}

/** The migration that made the function which {@link readTenantSchema} asks. */
const firstToTell = '20261127191000_applied_migrations';

/** No such function or schema: the database is older than the function. */
const olderSchema = z.object({ code: z.enum(['42883', '3F000']) });

const appliedSchema = z.array(z.object({ name: z.string() }));

/**
 * Reads which migrations a tenant's database has had, as the application's role. Of a database that is too old to say
 * so, at least the migrations since then are lacking.
 */
export async function readTenantSchema(session: Pick<pg.Pool, 'query'>): Promise<TenantSchema> {
  const known = await tenantMigrations();
  const applied = await readApplied(session);
  if (applied === null) return { lacking: known.filter((name) => name >= firstToTell), version: null };
  return {
    lacking: known.filter((name) => !applied.includes(name)),
    version: applied.toSorted().at(-1) ?? null,
  };
}

async function readApplied(session: Pick<pg.Pool, 'query'>): Promise<string[] | null> {
  try {
    const { rows } = await session.query('SELECT name FROM sys.applied_migrations() AS name');
    return appliedSchema.parse(rows).map(({ name }) => name);
  } catch (error) {
    if (olderSchema.safeParse(error).success) return null;
    throw error;
  }
}

/** The command that brings a tenant's database to this version's schema, whatever the tenant's status. */
export function migrationCommand(tenantKey: string): string {
  return `npx tsx scripts/migrate-all-tenants.ts --tenant-key ${tenantKey}`;
}
