import { createLiveSessions, managersRealm } from '../../src/auth/sessions/live-sessions.ts';
import { createSharedCache } from '../../src/cache/index.ts';
import type { FleetConfiguration } from '../../src/config/environment.ts';
import { createCentralClient } from '../../src/db/central-client.ts';
import { assertCentralIsReady } from '../../src/db/central-readiness.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { planLimiter } from '../../src/tenancy/plan-limits.ts';
import type { ProvisioningTools } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { createTenantSecrets } from '../../src/tenancy/secrets/tenant-secrets.ts';
import { invalidateTenant } from '../../src/tenancy/tenant-directory.ts';

/** What the scripts work with; it also has all that migrating a fleet takes, and changing its credentials. */
export interface FleetTools extends ProvisioningTools {
  /** The longest that a process goes on as before a change that it was not told of. */
  readonly maxStalenessSeconds: number;
  /** Makes every process look at the managers' sessions anew. */
  readonly invalidateManagers: () => Promise<void>;
  /** Has every process read the sessions of a tenant's people again. */
  readonly invalidateSessions: (tenantKey: string) => Promise<void>;
}

/** Opens the central database and the shared cache for the length of `work`. */
export async function withFleetTools<T>(
  work: (tools: FleetTools) => Promise<T>,
  configuration: FleetConfiguration,
): Promise<T> {
  // Results go to standard output; what is logged must not get between them.
  const logger = createLogger({ ...configuration.logging, format: 'text' }, process.stderr);
  const central = createCentralClient(configuration.centralDatabaseUrl, (error) =>
    logger.warn({ err: error }, 'A connection to the central database was lost'),
  );
  const cache = createSharedCache(configuration, logger);
  const secrets = createTenantSecrets(configuration.secrets, logger);
  try {
    await assertCentralIsReady(central);
    return await work({
      central,
      centralDatabaseUrl: configuration.centralDatabaseUrl,
      tenantAdminDatasource: configuration.tenantAdminDatasource,
      tenantTls: configuration.tenantTls,
      limitsOf: planLimiter(configuration.tenantLimits.planLimits, configuration.tenantLimits.poolSize),
      secrets,
      maxStalenessSeconds: configuration.tenantDirectoryCacheSeconds,
      invalidate: (tenantKey) => invalidateTenant(cache, tenantKey),
      invalidateManagers: () => createLiveSessions(cache, 1).invalidate(managersRealm),
      invalidateSessions: (tenantKey) => createLiveSessions(cache, 1).invalidate(tenantKey),
      production: configuration.environment === 'production',
    });
  } finally {
    secrets.close();
    await Promise.all([cache.close(), central.$disconnect()]);
  }
}
