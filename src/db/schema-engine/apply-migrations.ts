import type { DatabaseConnection } from './connection.ts';
import { openSchemaEngine, type SchemaEngineOptions } from './engine.ts';
import { readMigrationsFolder } from './migrations-folder.ts';

/**
 * Applies the migrations of a folder that the database has not had yet: what `prisma migrate deploy` does,
 * in this process. Returns the names of those applied now, in their order; none when it was up to date.
 * Processes that migrate one database at the same time take turns.
 *
 * @throws SchemaEngineError P3018 when a migration fails (the message names it and quotes the database),
 * P3009 when an earlier one has failed and is unresolved, P1002 when another process would not finish,
 * P1000 to P1011 when the database cannot be used
 */
export async function applyMigrations(
  connection: DatabaseConnection,
  migrationsFolder: string,
  options: Pick<SchemaEngineOptions, 'lockWaitMilliseconds' | 'onLog'> = {},
): Promise<{ applied: string[] }> {
  const migrationsList = await readMigrationsFolder(migrationsFolder);
  const engine = await openSchemaEngine({ ...options, connection });
  try {
    const { appliedMigrationNames } = await engine.run((schemaEngine) =>
      schemaEngine.applyMigrations({ migrationsList, filters: { externalTables: [], externalEnums: [] } }),
    );
    return { applied: appliedMigrationNames };
  } finally {
    await engine.close();
  }
}
