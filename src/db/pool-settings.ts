import type { PoolConfig } from 'pg';
import { DatabaseClient } from './database-client.ts';

/** How much of a database one client may take. */
export interface ConnectionLimits {
  /** Connections that it may use at once. */
  readonly concurrency: number;
  /**
   * A query that runs longer holds a connection that its tenant's other requests wait for, and its client has
   * given up by then.
   */
  readonly statementTimeoutSeconds: number;
}

/** An idle connection costs its server memory, a new one costs its request some 5 ms. */
const idleTimeoutMilliseconds = 10_000;

/** The settings of the driver's pool for one database. */
export function poolSettings(
  datasourceUrl: string,
  { concurrency, statementTimeoutSeconds }: ConnectionLimits,
): PoolConfig {
  return {
    Client: DatabaseClient,
    // Explicit, whatever the server's default: a statement that waited for a row has to see the row's new state.
    options: '-c default_transaction_isolation=read\\ committed',
    connectionString: datasourceUrl,
    application_name: 'cxg-graphql-api',
    max: concurrency,
    idleTimeoutMillis: idleTimeoutMilliseconds,
    statement_timeout: statementTimeoutSeconds * 1_000,
    idle_in_transaction_session_timeout: statementTimeoutSeconds * 1_000,
    keepAlive: true,
  };
}
