import { createHash } from 'node:crypto';
import type { MigrationDirectory } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { z } from 'zod';
import { connectionError } from './connection-errors.ts';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { SchemaEngineError } from './errors.ts';
import { readMigrationsFolder } from './migrations-folder.ts';

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
const UNDEFINED_TABLE = '42P01';

/** Names of migrations, oldest first. All but `pending` empty means that `applyMigrations` may run. */
export interface PendingMigrations {
  /** In the folder, not applied. */
  readonly pending: string[];
  /** Begun and neither finished nor resolved: nothing more can be applied before that. */
  readonly failed: string[];
  /** Applied, and changed in the folder since. */
  readonly edited: string[];
  /** Applied, and not in the folder: the database is ahead of this code. */
  readonly missing: string[];
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** Implements {@link SchemaEngine.pendingMigrations}. */
export async function pendingMigrations(
  driver: DatabaseDriver,
  connection: DatabaseConnection,
  migrationsFolder: string,
): Promise<PendingMigrations> {
  const { migrationDirectories } = await readMigrationsFolder(migrationsFolder);
  const history = await readHistory(driver, connection);
  const scripts = new Map(migrationDirectories.map((directory) => [directory.path, scriptOf(directory)]));
  const failed = history.filter((migration) => !migration.finished).map((migration) => migration.name);
  const applied = new Map(
    history
      .filter((migration) => migration.finished)
      .map((migration) => [migration.name, migration.checksum]),
  );
  return {
    pending: [...scripts.keys()].filter((name) => !applied.has(name) && !failed.includes(name)),
    failed,
    edited: [...applied]
      .filter(([name, checksum]) => differs(scripts.get(name), checksum))
      .map(([name]) => name),
    missing: [...applied.keys()].filter((name) => !scripts.has(name)),
  };
}

function scriptOf({ path, migrationFile: { content } }: MigrationDirectory): string {
  if (content.tag === 'error') {
    throw new SchemaEngineError(`Could not find the migration file of ${path}: ${content.value}`, 'P3015');
  }
  return content.value;
}

/** A checkout may have turned line ends, which Prisma forgives too. */
function differs(script: string | undefined, checksum: string): boolean {
  if (script === undefined) return false;
  const unixScript = script.replaceAll('\r\n', '\n');
  return ![script, unixScript, unixScript.replaceAll('\n', '\r\n')].some(
    (variant) => createHash('sha256').update(variant).digest('hex') === checksum,
  );
}

const historyRows = z.array(z.object({ name: z.string(), checksum: z.string(), finished: z.boolean() }));

async function readHistory(
  driver: DatabaseDriver,
  connection: DatabaseConnection,
): Promise<AppliedMigration[]> {
  const client = new driver.Client({ ...connection, connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS });
  // The query in flight reports a lost connection; without a listener it would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      'SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished ' +
        'FROM public._prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name',
    );
    return historyRows.parse(rows);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return [];
    throw connectionError(driver, error, connection);
  } finally {
    await client.end();
  }
}
