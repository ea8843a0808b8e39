import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';

/** An empty database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  readonly connection: Datasource;
  /** Removes the database, cutting the connections that are still open. */
  drop(): Promise<void>;
}

/** Creates an empty database under a new name, on the run's PostgreSQL server unless another is named. */
export async function createEmptyDatabase(serverUrl = inject('postgresUrl')): Promise<TestDatabase> {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await onMaintenanceDatabase(serverUrl, `CREATE DATABASE ${database} TEMPLATE template0`);
  const connection = { ...parseDatasourceUrl(serverUrl), database };
  return {
    url: datasourceUrl(connection),
    connection,
    drop: () => onMaintenanceDatabase(serverUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  };
}

function onMaintenanceDatabase(serverUrl: string, statement: string): Promise<void> {
  return withConnection(
    parseDatasourceUrl(serverUrl),
    async (client) => void (await client.query(statement)),
  );
}
