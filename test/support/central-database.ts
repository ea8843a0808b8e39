import pg from 'pg';
import { inject } from 'vitest';
import { generatePassword } from '../../src/auth/password.ts';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { centralTables, grantToApplication } from '../../src/db/application-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import { copyOf, createDatabase, type TestDatabase } from './databases.ts';

/** A central database as a deployment has it: what works in it is not what owns it. */
export interface CentralDatabase {
  /** For servers and scripts. */
  readonly applicationUrl: string;
  /** Runs a statement as what owns the database, for what the application's role may not do. */
  runAsOwner(statement: string): Promise<void>;
  /** Removes the database and the role, cutting the connections that are still open. */
  drop(): Promise<void>;
}

/** Creates a migrated central database and its application role. */
export async function createCentralDatabase(
  application: string,
  serverUrl = inject('postgresUrl'),
): Promise<CentralDatabase> {
  const password = generatePassword();
  const role = pg.escapeIdentifier(application);
  const createRole = `CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`;
  const isRuns = serverUrl === inject('postgresUrl');
  const database = isRuns
    ? await copyTemplate(serverUrl, createRole, application)
    : await migrateAnew(serverUrl, createRole, application);
  return {
    applicationUrl: datasourceUrl({ ...database.connection, user: application, password }),
    runAsOwner: (statement) =>
      withConnection(database.connection, async (client) => void (await client.query(statement))),
    drop: () => database.drop(`DROP ROLE ${role}`),
  };
}

/**
 * Does what a migration does that has nothing to apply, on two connections instead of eight: each takes longer than what is
 * done on it, and nearly every test file makes a central database.
 */
async function copyTemplate(
  serverUrl: string,
  createRole: string,
  application: string,
): Promise<TestDatabase> {
  const database = await createDatabase(serverUrl, copyOf(inject('templates').central), [createRole]);
  await withConnection(database.connection, (client) =>
    grantToApplication(client, application, centralTables),
  );
  return database;
}

async function migrateAnew(
  serverUrl: string,
  createRole: string,
  application: string,
): Promise<TestDatabase> {
  const database = await createDatabase(serverUrl, undefined, [createRole]);
  await migrateCentralDatabase(database.connection, application);
  return database;
}

/** Runs a statement on the maintenance database. */
export function runAsSuperuser(statement: string, serverUrl = inject('postgresUrl')): Promise<unknown> {
  return withConnection(parseDatasourceUrl(serverUrl), (client) => client.query(statement));
}
