import type { CacheFault, SharedCache } from '../cache/index.ts';
import type { CentralClient } from '../db/central-client.ts';
import { assertCentralIsReady } from '../db/central-readiness.ts';
import type { Logger } from '../logging/logger.ts';
import type { TenantClientPoolStatistics } from '../tenancy/tenant-client-pool.ts';

/** What the detailed health check found. */
export interface HealthReport {
  readonly status: 'healthy' | 'degraded';
  readonly checks: {
    readonly central_admin_db: 'healthy' | 'unhealthy';
    readonly redis: 'healthy' | 'unhealthy' | 'absent';
    /** The fault, when Redis is unhealthy. */
    readonly redis_fault?: CacheFault;
    /** Open tenant clients. */
    readonly tenant_connections: number;
  };
}

/** Checks whether everything that all tenants need can be used. The full reasons are in the log. */
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
