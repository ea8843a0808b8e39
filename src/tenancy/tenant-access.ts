import { databaseFailure } from '../db/database-errors.ts';
import type { ConnectionLimits } from '../db/pool-settings.ts';
import { TenantNotFoundError, TenantSuspendedError } from '../errors/index.ts';
import type { CredentialsEnvelope } from './credentials-envelope.ts';
import { type Tenant, tenantTarget } from './tenant.ts';
import type { ClientTarget, TenantClientLease, TenantClientPool } from './tenant-client-pool.ts';
import type { TenantDirectory } from './tenant-directory.ts';

/** The way from a tenant's key to its database, one step at a time. */
export interface TenantAccess {
  /** The tenant of that key when it has a database that can be asked: active or suspended; otherwise null. */
  find(tenantKey: string): Promise<Tenant | null>;
  /**
   * Leases the client of the tenant's database.
   * @throws {TenantUnavailableError} when the database does not answer.
   * @throws {TenantBusyError} when none of its connections becomes free in time.
   * @throws {TenantMismatchError} when the database there is not the tenant's.
   */
  lease(tenant: Tenant): Promise<TenantClientLease>;
}

/** Makes the tenant access over its parts. `limitsOf` says how much of its database a tenant may take. */
export function createTenantAccess(
  directory: TenantDirectory,
  envelope: CredentialsEnvelope,
  clients: TenantClientPool,
  limitsOf: (tenant: Tenant) => ConnectionLimits,
): TenantAccess {
  /** The directory hands out one object per answer; opening its envelope for every request would be waste. */
  const targets = new WeakMap<Tenant, ClientTarget>();

  function targetOf(tenant: Tenant): ClientTarget {
    const known = targets.get(tenant);
    if (known !== undefined) return known;
    const target = { ...tenantTarget(tenant, envelope), limits: limitsOf(tenant) };
    targets.set(tenant, target);
    return target;
  }

  return {
    async find(tenantKey) {
      const tenant = await directory.find(tenantKey);
      return tenant?.status === 'active' || tenant?.status === 'suspended' ? tenant : null;
    },
    async lease(tenant) {
      try {
        return await clients.lease(targetOf(tenant));
      } catch (error) {
        throw databaseFailure(error) ?? error;
      }
    },
  };
}

/**
 * Narrows what {@link TenantAccess.find} found to a tenant that is being served.
 * @throws {TenantNotFoundError} when there is none.
 * @throws {TenantSuspendedError} when it is suspended.
 */
export function assertServed(tenant: Tenant | null): asserts tenant is Tenant {
  if (!tenant) throw new TenantNotFoundError();
  if (tenant.status === 'suspended') throw new TenantSuspendedError();
}
