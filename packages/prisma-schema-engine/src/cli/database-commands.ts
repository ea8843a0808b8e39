import pg from 'pg';
import { connectionError } from '../deploy/connection-errors.ts';
import type { DatabaseConnection, DatabaseDriver } from '../deploy/driver.ts';
import { SchemaEngineError } from '../deploy/errors.ts';
import { openSession } from '../deploy/session.ts';

const MAINTENANCE_DATABASE = 'postgres';
const DUPLICATE_DATABASE = '42P04';

/** @throws SchemaEngineError when the database cannot be reached, refuses the user or does not exist */
export async function checkConnection(driver: DatabaseDriver, connection: DatabaseConnection): Promise<void> {
  const session = await openSession(driver, connection, 'public');
  await session.end();
}

/** @throws SchemaEngineError P1009 when the database exists, or what {@link checkConnection} throws */
export async function createDatabase(driver: DatabaseDriver, connection: DatabaseConnection): Promise<void> {
  const session = await openSession(driver, { ...connection, database: MAINTENANCE_DATABASE }, 'public');
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
    throw connectionError(driver, error, connection);
  } finally {
    await session.end();
  }
}
