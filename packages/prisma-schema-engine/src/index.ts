/** Prisma Migrate in this process, without the Prisma CLI. */
export { keepMigrationsOut } from './deploy/advisory-lock.ts';
export type { DatabaseDriver } from './deploy/driver.ts';
export { SchemaEngineError } from './deploy/errors.ts';
export type { PendingMigrations } from './deploy/migration-history.ts';
export { readMigrationsFolder } from './deploy/migrations-folder.ts';
export { createSchemaEngine } from './deploy/schema-engine.ts';
