import pg from 'pg';
import type { DatabaseConnection } from './connection.ts';
import { connectionError } from './connection-errors.ts';
import { SchemaEngineError } from './errors.ts';
import { openSession } from './session.ts';

const MAINTENANCE_DATABASE = 'postgres';
const DUPLICATE_DATABASE = '42P04';

/** @throws SchemaEngineError when the database cannot be reached, refuses the user or does not exist */
export async function checkConnection(connection: DatabaseConnection): Promise<void> {
  const session = await openSession(connection, 'public');
  await session.end();
}

/** @throws SchemaEngineError P1009 when the database exists, or what {@link checkConnection} throws */
export async function createDatabase(connection: DatabaseConnection): Promise<void> {
  const session = await openSession({ ...connection, database: MAINTENANCE_DATABASE }, 'public');
  try {
    await session.pool.query(`CREATE DATABASE ${pg.escapeIdentifier(connection.database)}`);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE) {
      throw new SchemaEngineError(
        `Database \`${connection.database}\` already exists on the database server`,
        'P1009',
        { cause: error },
      );
    }
    throw connectionError(error, connection);
  } finally {
    await session.end();
  }
}
