import pg from 'pg';
import { inject } from 'vitest';
import { generatePassword } from '../../src/auth/password.ts';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import { copyOf, createDatabase } from './databases.ts';

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
  const isRuns = serverUrl === inject('postgresUrl');
  const database = await createDatabase(serverUrl, isRuns ? copyOf(inject('templates').central) : undefined);
  const password = generatePassword();
  const role = pg.escapeIdentifier(application);
  await runAsSuperuser(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`, serverUrl);
  await migrateCentralDatabase(database.connection, application);
  return {
    applicationUrl: datasourceUrl({ ...database.connection, user: application, password }),
    runAsOwner: (statement) =>
      withConnection(database.connection, async (client) => void (await client.query(statement))),
    async drop() {
      await database.drop();
      await runAsSuperuser(`DROP ROLE ${role}`, serverUrl);
    },
  };
}

/** Runs a statement on the maintenance database. */
export function runAsSuperuser(statement: string, serverUrl = inject('postgresUrl')): Promise<unknown> {
  return withConnection(parseDatasourceUrl(serverUrl), (client) => client.query(statement));
}
