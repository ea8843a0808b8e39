import { fileURLToPath } from 'node:url';
import { readMigrationsFolder } from '@cxg/prisma-schema-engine';

/** The folder of the migrations that every tenant's database gets. */
export const tenantMigrationsFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** The folder of the migrations of the central database. */
export const centralMigrationsFolder = fileURLToPath(
  new URL('../../prisma-central/migrations', import.meta.url),
);

/** The names of the tenant migrations of this version, oldest first. */
export async function tenantMigrations(): Promise<string[]> {
  const { migrationDirectories } = await readMigrationsFolder(tenantMigrationsFolder);
  return migrationDirectories.map(({ path }) => path);
}

/** The name of the newest tenant migration: the schema version that a tenant has when it is up to date. */
export async function latestMigration(): Promise<string | null> {
  return (await tenantMigrations()).at(-1) ?? null;
}
