import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import type pg from 'pg';
import { z } from 'zod';
import { LOCK_WAIT_MILLISECONDS } from './advisory-lock.ts';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { SchemaEngineError } from './errors.ts';
import { orPanic, panic } from './panic.ts';
import { SessionAdapterFactory } from './session-adapter-factory.ts';
import { loadSchemaEngine } from './wasm.ts';

export interface SchemaEngineOptions {
  /** The database to work on, or what stands in for one. */
  readonly connection: DatabaseConnection | SqlMigrationAwareDriverAdapterFactory;
  /** The schema of Prisma's own migrations table. Default: `public`. */
  readonly schema?: string;
  /** The Prisma schema as pairs of path and text, for the commands that need one. */
  readonly datamodels?: [path: string, text: string][];
  /** The longest wait for another process that is migrating the same database. Default: 60 seconds. */
  readonly lockWaitMilliseconds?: number | 'never-lock';
  /** Leaves undone whatever would change the database. Default: false. */
  readonly dryRun?: boolean;
  /** Receives the engine's log, one JSON text an entry. */
  readonly onLog?: (entry: string) => void;
}

export interface OpenSchemaEngine {
  /**
   * Calls the engine. Shadow databases that the call needed are gone when it returns.
   *
   * @throws SchemaEngineError in place of every error of the engine or the database
   */
  run<Result>(work: (engine: SchemaEngine) => Promise<Result>): Promise<Result>;
  /** Ends the connection, and with it the advisory lock. */
  close(): Promise<void>;
}

/** Implements {@link SchemaEngine.openSchemaEngine}. */
export async function openSchemaEngine(
  driver: DatabaseDriver,
  options: SchemaEngineOptions,
): Promise<OpenSchemaEngine> {
  const SchemaEngineClass = await loadSchemaEngine();
  const database =
    'connectToShadowDb' in options.connection
      ? options.connection
      : await openSession(driver, options.connection, options);
  const session = database instanceof SessionAdapterFactory ? database : undefined;
  const log = watchLog(options.onLog);
  const translate = (error: unknown) =>
    panic() ??
    session?.failures.outsideDatabase ??
    failedMigration(log.migrationBeingApplied(), session?.failures.script) ??
    engineError(error);

  let engine: SchemaEngine;
  try {
    engine = await SchemaEngineClass.new(
      { datamodels: options.datamodels },
      log.receive,
      bindMigrationAwareSqlAdapterFactory(database),
    );
  } catch (error) {
    await session?.close();
    throw translate(error);
  }

  return {
    async run(work) {
      try {
        const result = await orPanic(work(engine));
        await session?.dropShadowDatabases();
        return result;
      } catch (error) {
        // The first error says more than one from cleaning up after it.
        await session?.dropShadowDatabases().catch(() => undefined);
        throw translate(error);
      }
    },
    async close() {
      if (panic() === undefined) engine.free();
      await session?.close();
    },
  };
}

function openSession(driver: DatabaseDriver, connection: DatabaseConnection, options: SchemaEngineOptions) {
  return SessionAdapterFactory.open(driver, connection, {
    schema: options.schema ?? 'public',
    lockWaitMilliseconds: options.lockWaitMilliseconds ?? LOCK_WAIT_MILLISECONDS,
    dryRun: options.dryRun ?? false,
  });
}

const logEntry = z.object({
  span: z.object({ name: z.literal('Applying migration'), migration_name: z.string() }),
});

/** The engine names the migration that fails only in its log. */
function watchLog(onLog: ((entry: string) => void) | undefined) {
  let migrationName: string | undefined;
  return {
    migrationBeingApplied: () => migrationName,
    receive: (entry: string) => {
      migrationName = logEntry.safeParse(JSON.parse(entry)).data?.span.migration_name ?? migrationName;
      onLog?.(entry);
    },
  };
}

function failedMigration(
  migrationName: string | undefined,
  reason: pg.DatabaseError | undefined,
): SchemaEngineError | undefined {
  if (migrationName === undefined || reason === undefined) return undefined;
  const details = [
    `${reason.severity ?? 'ERROR'}: ${reason.message}`,
    ...(reason.detail === undefined ? [] : [`DETAIL: ${reason.detail}`]),
    ...(reason.hint === undefined ? [] : [`HINT: ${reason.hint}`]),
    ...(reason.position === undefined ? [] : [`Position: ${reason.position}`]),
  ];
  return new SchemaEngineError(
    'A migration failed to apply. New migrations cannot be applied before the error is recovered from. ' +
      'Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n' +
      `Migration name: ${migrationName}\n\nDatabase error code: ${reason.code}\n\nDatabase error:\n${details.join('\n')}`,
    'P3018',
    { cause: reason },
  );
}

const codedError = z.object({ message: z.string(), code: z.string().optional() });

const BACKTRACE = /\n\s+0: [\s\S]*$/;

function engineError(error: unknown): SchemaEngineError {
  const parsed = codedError.safeParse(error);
  if (!parsed.success) return new SchemaEngineError(String(error), undefined, { cause: error });
  return new SchemaEngineError(parsed.data.message.replace(BACKTRACE, '').trim(), parsed.data.code, {
    cause: error,
  });
}
