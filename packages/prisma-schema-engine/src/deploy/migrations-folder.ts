import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationDirectory, MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';
import { SchemaEngineError } from './errors.ts';

const LOCKFILE = 'migration_lock.toml';
const MIGRATION_FILE = 'migration.sql';

/**
 * Reads a folder that `prisma migrate dev` wrote, in the form that the schema engine wants: its migrations,
 * oldest first. A migration folder without a readable `migration.sql` carries the reason instead.
 *
 * @throws SchemaEngineError when the folder cannot be read: an empty list would pass for «nothing to do»
 */
export async function readMigrationsFolder(folder: string): Promise<MigrationList> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new SchemaEngineError(`The migrations folder ${folder} cannot be read.`, undefined, {
      cause: error,
    });
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir: folder,
    lockfile: { path: LOCKFILE, content: await readFile(join(folder, LOCKFILE), 'utf8').catch(() => null) },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(names.sort().map((name) => readMigration(folder, name))),
  };
}

async function readMigration(folder: string, name: string): Promise<MigrationDirectory> {
  const script = await readFile(join(folder, name, MIGRATION_FILE), 'utf8').then(
    (value) => ({ tag: 'ok' as const, value }),
    (error: unknown) => ({ tag: 'error' as const, value: String(error) }),
  );
  return { path: name, migrationFile: { path: MIGRATION_FILE, content: script } };
}
