import type { CacheFault, SharedCache } from '../cache/index.ts';
import type { CentralClient } from '../db/central-client.ts';
import { assertCentralIsReady } from '../db/central-readiness.ts';
import type { Logger } from '../logging/logger.ts';
import type { TenantClientPoolStatistics } from '../tenancy/tenant-client-pool.ts';

/** The result of the detailed health check. */
export interface HealthReport {
  readonly status: 'healthy' | 'degraded';
  readonly checks: {
    readonly central_admin_db: 'healthy' | 'unhealthy';
    readonly redis: 'healthy' | 'unhealthy' | 'absent';
    /** The fault, when Redis is unhealthy. */
    readonly redis_fault?: CacheFault;
    /** The number of open tenant clients. */
    readonly tenant_connections: number;
  };
}

/** Checks everything that all tenants depend on. The log has the full reasons. */
export async function checkHealth(
  central: CentralClient,
  cache: SharedCache,
  tenantClients: TenantClientPoolStatistics,
  logger: Logger,
): Promise<HealthReport> {
  const [centralDatabase, redis] = await Promise.all([
    assertCentralIsReady(central).then(
      () => 'healthy' as const,
      (error: unknown) => {
        logger.warn({ err: error }, 'The central database does not answer');
        return 'unhealthy' as const;
      },
    ),
    cache.health(),
  ]);
  const fault = cache.fault();
  return {
    status: centralDatabase === 'unhealthy' || redis === 'unhealthy' ? 'degraded' : 'healthy',
    checks: {
      central_admin_db: centralDatabase,
      redis,
      ...(redis === 'unhealthy' && fault !== null ? { redis_fault: fault } : {}),
      tenant_connections: tenantClients.kept + tenantClients.draining,
    },
  };
}
