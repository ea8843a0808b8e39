import { type ApplyOptions, applyMigrations } from './apply-migrations.ts';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { type PendingMigrations, pendingMigrations } from './migration-history.ts';
import { type OpenSchemaEngine, openSchemaEngine, type SchemaEngineOptions } from './open-engine.ts';

/** Prisma Migrate in this process, on databases that a program's own driver connects to. */
export interface SchemaEngine {
  /**
   * Applies the migrations of a folder that the database has not had yet: what `prisma migrate deploy` does,
   * in this process. Returns the names of those applied now, in their order; none when it was up to date.
   * Processes that migrate one database at the same time take turns.
   *
   * @throws SchemaEngineError P3018 when a migration fails (the message names it and quotes the database),
   * P3009 when an earlier one has failed and is unresolved, P1002 when another process would not finish,
   * P1000 to P1011 when the database cannot be used
   */
  applyMigrations(
    connection: DatabaseConnection,
    migrationsFolder: string,
    options?: ApplyOptions,
  ): Promise<{ applied: string[] }>;
  /**
   * Compares a migrations folder with what a database says it has had. Only reads.
   *
   * @throws SchemaEngineError when the database or the folder cannot be read
   */
  pendingMigrations(connection: DatabaseConnection, migrationsFolder: string): Promise<PendingMigrations>;
  /**
   * Opens Prisma's schema engine on one connection of its own. The caller closes it.
   *
   * @throws SchemaEngineError when the database cannot be reached or refuses the user
   */
  openSchemaEngine(options: SchemaEngineOptions): Promise<OpenSchemaEngine>;
}

/** Binds the schema engine to a program's driver. */
export function createSchemaEngine(driver: DatabaseDriver): SchemaEngine {
  return {
    applyMigrations: (connection, migrationsFolder, options) =>
      applyMigrations(driver, connection, migrationsFolder, options),
    pendingMigrations: (connection, migrationsFolder) =>
      pendingMigrations(driver, connection, migrationsFolder),
    openSchemaEngine: (options) => openSchemaEngine(driver, options),
  };
}
