import { type Datasource, DatasourceUrlError, parsePrismaUrl } from '../../config/datasource.ts';
import { SchemaEngineError } from './errors.ts';

/** Where a PostgreSQL database is and how to sign in to it. */
export type DatabaseConnection = Datasource;

/**
 * Reads the URL that Prisma's command line is given: a datasource URL in which `?schema=` names the schema of Prisma's
 * own migrations table (default `public`).
 *
 * @throws SchemaEngineError P1013 when the URL cannot be used. The message leaves the URL out.
 */
export function parseDatabaseUrl(databaseUrl: string): { connection: DatabaseConnection; schema: string } {
  try {
    const { datasource, schema } = parsePrismaUrl(databaseUrl);
    return { connection: datasource, schema };
  } catch (error) {
    if (!(error instanceof DatasourceUrlError)) throw error;
    throw new SchemaEngineError(`The database URL is invalid: ${error.message}.`, 'P1013', { cause: error });
  }
}
