import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { readMigrationsFolder } from './migrations-folder.ts';
import { openSchemaEngine, type SchemaEngineOptions } from './open-engine.ts';

/** Settings of one run. */
export type ApplyOptions = Pick<SchemaEngineOptions, 'lockWaitMilliseconds' | 'onLog'>;

/** Implements {@link SchemaEngine.applyMigrations}. */
export async function applyMigrations(
  driver: DatabaseDriver,
  connection: DatabaseConnection,
  migrationsFolder: string,
  options: ApplyOptions = {},
): Promise<{ applied: string[] }> {
  const migrationsList = await readMigrationsFolder(migrationsFolder);
  const engine = await openSchemaEngine(driver, { ...options, connection });
  try {
    const { appliedMigrationNames } = await engine.run((schemaEngine) =>
      schemaEngine.applyMigrations({ migrationsList, filters: { externalTables: [], externalEnums: [] } }),
    );
    return { applied: appliedMigrationNames };
  } finally {
    await engine.close();
  }
}
