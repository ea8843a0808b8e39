import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';

/** An empty database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  readonly connection: Datasource;
  /** Removes the database, cutting the connections that are still open. @param more statements to run after that. */
  drop(...more: readonly string[]): Promise<void>;
}

/** Creates an empty database under a new name, on the run's PostgreSQL server unless another is named. */
export function createEmptyDatabase(serverUrl = inject('postgresUrl')): Promise<TestDatabase> {
  return createDatabase(serverUrl);
}

/**
 * Creates a database under a new name.
 * @param source the rest of the statement: see {@link copyOf}.
 * @param more statements to run after that, on the same connection.
 */
export async function createDatabase(
  serverUrl: string,
  source = 'TEMPLATE template0',
  more: readonly string[] = [],
): Promise<TestDatabase> {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await onMaintenanceDatabase(serverUrl, [`CREATE DATABASE ${database} ${source}`, ...more]);
  const connection = { ...parseDatasourceUrl(serverUrl), database };
  return {
    url: datasourceUrl(connection),
    connection,
    drop: (...andThen) =>
      onMaintenanceDatabase(serverUrl, [`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`, ...andThen]),
  };
}

/**
 * The end of `CREATE DATABASE` for a copy of a database of the run's server that nobody is connected to. Files are
 * copied as they are, which takes half of the time of writing each page to the log of writes as well.
 */
export function copyOf(template: string): string {
  return `TEMPLATE ${template}${inject('postgresVersion') < 15 ? '' : ' STRATEGY file_copy'}`;
}

function onMaintenanceDatabase(serverUrl: string, statements: readonly string[]): Promise<void> {
  return withConnection(parseDatasourceUrl(serverUrl), async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}
