import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import { parseDatasourceUrl } from '../config/datasource.ts';
import { PrismaClient } from '../generated/central/client.ts';
import { AdapterFactory } from './adapter-factory.ts';
import { poolSettings } from './pool-settings.ts';
import { centralSecretColumns } from './secret-columns.ts';
import { keepSessionLimits, limitSession } from './session-limits.ts';
import type { ConnectionErrorListener } from './tenant-client.ts';

/** A Prisma client over the central database. */
export type CentralClient = PrismaClient<never, typeof centralSecretColumns>;

/** One interactive transaction in the central database. */
export type CentralTransaction = Omit<CentralClient, ITXClientDenyList>;

/** The central database answers one short look-up per cold tenant, so few connections serve many tenants. */
const centralLimits = { concurrency: 10, statementTimeoutSeconds: 15 };

const connectTimeoutMilliseconds = 3_000;

/**
 * Creates the client of the central database. It connects with its first query, and again after every failure.
 * @param limitsBelongTo `session` for the database's owner, which connects directly, and whose role gets no limits.
 */
export function createCentralClient(
  url: string,
  onConnectionError: ConnectionErrorListener,
  limitsBelongTo: 'role' | 'session' = 'role',
): CentralClient {
  const limit = limitsBelongTo === 'role' ? keepSessionLimits : limitSession;
  return new PrismaClient({
    errorFormat: 'minimal',
    omit: centralSecretColumns,
    adapter: new AdapterFactory(
      {
        ...poolSettings(parseDatasourceUrl(url), centralLimits),
        connectionTimeoutMillis: connectTimeoutMilliseconds,
        onConnect: (client) => limit(client, centralLimits),
      },
      { onPoolError: onConnectionError, onConnectionError },
    ),
  });
}
