import type { PoolConfig } from 'pg';
import type { Datasource } from '../config/datasource.ts';
import type { TlsSettings } from '../config/tls-settings.ts';
import { DatabaseClient } from './database-client.ts';
import type { SessionLimits } from './session-limits.ts';

/** The share of a database that one client may use: a long query holds a connection that others wait for. */
export interface ConnectionLimits extends SessionLimits {
  /** The maximum number of concurrent connections. */
  readonly concurrency: number;
}

/**
 * An idle connection costs its server 2.2 to 2.6 MB, a new one 8 ms of CPU, so one that is used every few minutes stays
 * open. It is closed earlier if its permit is needed (see connection-permits.ts).
 */
const idleTimeoutMilliseconds = 300_000;

/**
 * The settings of the driver's pool for one database. None of them is refused at the start of a session or dropped
 * later by a pooler in transaction mode (see session-limits.ts).
 */
export function poolSettings(
  datasource: Datasource,
  { concurrency }: Pick<ConnectionLimits, 'concurrency'>,
): PoolConfig & { readonly tls?: TlsSettings | undefined } {
  return {
    Client: DatabaseClient,
    ...datasource,
    application_name: 'cxg-graphql-api',
    max: concurrency,
    idleTimeoutMillis: idleTimeoutMilliseconds,
    keepAlive: true,
  };
}
