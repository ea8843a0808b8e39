import { invalidateSessions, managersRealm } from '../../auth/sessions/live-sessions.ts';
import { createSharedCache, type SharedCache } from '../../cache/index.ts';
import { openTogether } from '../../concurrency/open-together.ts';
import type { FleetConfiguration } from '../../config/environment.ts';
import { createCentralClient } from '../../db/central-client.ts';
import { createLostConnections, type LostConnections } from '../../db/lost-connections.ts';
import type { Logger } from '../../logging/logger.ts';
import { planLimiter } from '../plan-limits.ts';
import type { ProvisioningTools } from '../provisioning/provisioning-tools.ts';
import { createTenantSecrets } from '../secrets/tenant-secrets.ts';
import { invalidateTenant } from '../tenant-directory.ts';

/** The dependencies of work on the fleet: provisioning, migration, rotation, restoring. */
export interface FleetTools extends ProvisioningTools {
  /** The longest that a process may miss a change that it was not told of. */
  readonly maxStalenessSeconds: number;
  /** Invalidates every process's cached sessions of managers. */
  readonly invalidateManagers: () => Promise<void>;
  /** Invalidates every process's cached sessions of a tenant's users. */
  readonly invalidateSessions: (tenantKey: string) => Promise<void>;
}

/** All tenants of one central database, as a server, a script or a test works with them. */
export interface Fleet {
  readonly tools: FleetTools;
  readonly cache: SharedCache;
  /** Closes what was opened, last opened first. */
  close(): Promise<void>;
}

/** Opens the central database, the shared cache, and tenants' secrets. Nothing connects before it is used, but Redis. */
export function openFleet(
  configuration: FleetConfiguration,
  logger: Logger,
  lostConnections: LostConnections = createLostConnections(logger),
): Fleet {
  const { opened, release } = openTogether((use) => ({
    central: use(
      createCentralClient(configuration.centralDatabaseUrl, lostConnections.to('the central database')),
      (client) => client.$disconnect(),
    ),
    cache: use(createSharedCache(configuration, logger), (cache) => cache.close()),
    secrets: use(createTenantSecrets(configuration.secrets, logger), (secrets) => secrets.close()),
  }));
  const { central, cache, secrets } = opened;
  const { planLimits, poolSize } = configuration.tenantLimits;
  return {
    tools: {
      central,
      centralDatabaseUrl: configuration.centralDatabaseUrl,
      tenantAdminDatasource: configuration.tenantAdminDatasource,
      tenantTls: configuration.tenantTls,
      limitsOf: planLimiter(planLimits, poolSize),
      secrets,
      maxStalenessSeconds: configuration.tenantDirectoryCacheSeconds,
      invalidate: (tenantKey) => invalidateTenant(cache, tenantKey),
      invalidateManagers: () => invalidateSessions(cache, managersRealm),
      invalidateSessions: (tenantKey) => invalidateSessions(cache, tenantKey),
      production: configuration.environment === 'production',
    },
    cache,
    async close() {
      lostConnections.ignore();
      await release();
    },
  };
}
