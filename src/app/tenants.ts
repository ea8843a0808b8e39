import { parseDatasourceUrl } from '../config/datasource.ts';
import type { ServerConfiguration } from '../config/environment.ts';
import { centralConnections } from '../db/central-client.ts';
import { createTenantConnections, type TenantConnections } from '../db/connections/tenant-connections.ts';
import type { LostConnections } from '../db/lost-connections.ts';
import { openTenantClient } from '../db/tenant-client.ts';
import type { Logger } from '../logging/logger.ts';
import { createTenantSealer } from '../tenancy/data-keys/tenant-sealer.ts';
import { createDirectorySeal } from '../tenancy/directory-seal.ts';
import type { Fleet } from '../tenancy/fleet/open-fleet.ts';
import { createTenantAccess, type TenantAccess } from '../tenancy/tenant-access.ts';
import { createTenantClientPool, type TenantClientPool } from '../tenancy/tenant-client-pool.ts';
import { createTenantDirectory, type TenantDirectory } from '../tenancy/tenant-directory.ts';

/** The way from a tenant's key to a client of its database. */
export interface ServedTenants {
  readonly directory: TenantDirectory;
  readonly connections: TenantConnections;
  readonly clients: TenantClientPool;
  readonly access: TenantAccess;
}

/** Creates the directory of tenants, and the pools of their clients and connections. */
export function createServedTenants(
  { tools, cache }: Fleet,
  configuration: ServerConfiguration,
  lostConnections: LostConnections,
  logger: Logger,
): ServedTenants {
  const directory = createTenantDirectory(tools.central, cache, {
    freshSeconds: configuration.tenantDirectoryCacheSeconds,
    staleSeconds: configuration.redisCacheSeconds,
    seal: createDirectorySeal(configuration.secrets),
    onForgery: (tenantKey) =>
      logger.warn(
        { alarm: 'DIRECTORY_ENTRY_FORGED', tenantKey },
        'Redis holds an entry of the tenant directory that is not of this fleet, and it is not believed. A server of an older version or with another CREDENTIALS_ENCRYPTION_KEY has written it, or a stranger.',
      ),
  });
  const { budget, timeoutSeconds } = configuration.tenantConnections;
  const connections = createTenantConnections({
    budget,
    central: { ...parseDatasourceUrl(configuration.centralDatabaseUrl), connections: centralConnections },
    timeoutSeconds,
    limitsBelongTo: 'role',
    onConnectionError: lostConnections.to('a tenant database'),
    onMismatch: ({ expected, found, message }) =>
      logger.error({ alarm: 'TENANT_MISMATCH', expected, found }, message),
  });
  const clients = createTenantClientPool(
    (target) => openTenantClient(target, target.limits, connections),
    configuration.tenantClients,
    {
      onDisposeError: (error) => logger.warn({ err: error }, 'A tenant client did not close cleanly'),
      onLeak: (leak) =>
        logger.error(
          { alarm: 'LEASE_LEAKED', ...leak },
          'The lease of a tenant client was never released, and counts no longer: a mistake in this program',
        ),
    },
  );
  const keyTools = { central: tools.central, secrets: tools.secrets, invalidate: directory.invalidate };
  const access = createTenantAccess(directory, tools.secrets, clients, tools.limitsOf, (tenant) =>
    createTenantSealer(keyTools, tenant, tenant.dataKeys),
  );
  return { directory, connections, clients, access };
}
