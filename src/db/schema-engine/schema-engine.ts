/** Prisma's migration engine inside this process: the one module that code outside this folder imports. */
export { keepMigrationsOut } from './advisory-lock.ts';
export { applyMigrations } from './apply-migrations.ts';
export { parseDatabaseUrl } from './connection.ts';
export { openSchemaEngine } from './engine.ts';
export { SchemaEngineError } from './errors.ts';
export { type PendingMigrations, pendingMigrations } from './migration-history.ts';
export { readMigrationsFolder } from './migrations-folder.ts';
