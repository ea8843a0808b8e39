/** Prisma's migration engine inside this process: the one module that code outside this folder imports. */
export { applyMigrations } from './apply-migrations.ts';
export { type DatabaseConnection, parseDatabaseUrl } from './connection.ts';
export { type OpenSchemaEngine, openSchemaEngine, type SchemaEngineOptions } from './engine.ts';
export { SchemaEngineError } from './errors.ts';
export { type PendingMigrations, pendingMigrations } from './migration-history.ts';
export { readMigrationsFolder } from './migrations-folder.ts';
