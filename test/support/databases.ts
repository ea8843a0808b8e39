import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** An empty database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  /** Removes the database, cutting the connections that are still open. */
  drop(): Promise<void>;
}

/** Creates an empty database under a new name, on the run's PostgreSQL server unless another is named. */
export async function createEmptyDatabase(serverUrl = inject('postgresUrl')): Promise<TestDatabase> {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  await onMaintenanceDatabase(serverUrl, `CREATE DATABASE ${database} TEMPLATE template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    connection: {
      host: url.hostname,
      port: Number(url.port),
      database,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    },
    drop: () => onMaintenanceDatabase(serverUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  };
}

async function onMaintenanceDatabase(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
