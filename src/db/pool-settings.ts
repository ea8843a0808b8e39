import type { PoolConfig } from 'pg';

/** How many connections one pool may open, and how long opening one may take. */
export interface PoolLimits {
  readonly poolSize: number;
  readonly connectTimeoutSeconds: number;
}

/**
 * A query that runs longer holds a connection that its tenant's other requests wait for, and its client has
 * given up by then.
 */
const statementTimeoutMilliseconds = 15_000;

/** An idle connection costs its server memory, a new one costs its request some 5 ms. */
const idleTimeoutMilliseconds = 10_000;

/** The settings of the driver's pool for one database. */
export function poolSettings(datasourceUrl: string, limits: PoolLimits): PoolConfig {
  return {
    connectionString: datasourceUrl,
    application_name: 'cxg-graphql-api',
    max: limits.poolSize,
    connectionTimeoutMillis: limits.connectTimeoutSeconds * 1_000,
    idleTimeoutMillis: idleTimeoutMilliseconds,
    statement_timeout: statementTimeoutMilliseconds,
    idle_in_transaction_session_timeout: statementTimeoutMilliseconds,
    keepAlive: true,
  };
}
