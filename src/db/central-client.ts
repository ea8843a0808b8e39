import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type pg from 'pg';
import { parseDatasourceUrl } from '../config/datasource.ts';
import { PrismaClient } from '../generated/central/client.ts';
import { PooledAdapterFactory } from './adapter-factory.ts';
import { PatientPool } from './patient-pool.ts';
import { poolSettings } from './pool-settings.ts';
import { centralSecretColumns } from './secret-columns.ts';
import { keepSessionLimits, limitSession } from './session-limits.ts';
import type { ConnectionErrorListener } from './tenant-client.ts';

/** A Prisma client over the central database. */
export type CentralClient = PrismaClient<never, typeof centralSecretColumns>;

/** One interactive transaction in the central database. */
export type CentralTransaction = Omit<CentralClient, ITXClientDenyList>;

/**
 * The connections of one client. The central database answers one short query per cold tenant, so a few serve many
 * tenants.
 */
export const centralConnections = 10;

const centralLimits = { concurrency: centralConnections, statementTimeoutSeconds: 15 };

const connectTimeoutMilliseconds = 3_000;

/**
 * One connection stays open. Others are few and end soon: on a server that allows few, the connections of tenants,
 * other processes and scripts must fit in as well.
 */
const kept = { min: 1, idleTimeoutMillis: 2_000 };

/**
 * Creates the client of the central database. It connects on its first query, and again after every failure.
 * @param limitsBelongTo `session` for the database's owner, which connects directly and whose role gets no limits.
 */
export function createCentralClient(
  url: string,
  onConnectionError: ConnectionErrorListener,
  limitsBelongTo: 'role' | 'session' = 'role',
): CentralClient {
  const limit = limitsBelongTo === 'role' ? keepSessionLimits : limitSession;
  const settings = {
    ...poolSettings(parseDatasourceUrl(url), centralLimits),
    ...kept,
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    onConnect: (client: pg.ClientBase) => limit(client, centralLimits),
  };
  return new PrismaClient({
    errorFormat: 'minimal',
    omit: centralSecretColumns,
    adapter: new PooledAdapterFactory(() => new PatientPool(settings, connectTimeoutMilliseconds), {
      onPoolError: onConnectionError,
      onConnectionError,
    }),
  });
}
