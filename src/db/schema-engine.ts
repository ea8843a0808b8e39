import { createSchemaEngine, type DatabaseDriver, SchemaEngineError } from '@cxg/prisma-schema-engine';
import { type Datasource, DatasourceUrlError, parsePrismaUrl, serverOf } from '../config/datasource.ts';
import { AdapterFactory } from './adapter-factory.ts';
import { DatabaseClient } from './database-client.ts';
import { assertKeepsSession } from './kept-session.ts';

/** Connects the schema engine in the same way as the rest of this program. */
export const schemaEngineDriver: DatabaseDriver = {
  Client: DatabaseClient,
  connectAdapter: (pool, options) => new AdapterFactory(pool, options).connect(),
  serverOf,
  assertKeepsSession,
};

/** Prisma Migrate in this process. */
export const { applyMigrations, pendingMigrations, openSchemaEngine } =
  createSchemaEngine(schemaEngineDriver);

/**
 * Reads the URL that Prisma's command line is given: a datasource URL in which `?schema=` names the schema of Prisma's
 * own migrations table (default `public`).
 *
 * @throws SchemaEngineError P1013 when the URL cannot be used. The message leaves the URL out.
 */
export function parseDatabaseUrl(databaseUrl: string): { connection: Datasource; schema: string } {
  try {
    const { datasource, schema } = parsePrismaUrl(databaseUrl);
    return { connection: datasource, schema };
  } catch (error) {
    if (!(error instanceof DatasourceUrlError)) throw error;
    throw new SchemaEngineError(`The database URL is invalid: ${error.message}.`, 'P1013', { cause: error });
  }
}
