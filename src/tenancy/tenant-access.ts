import { isDatabaseUnavailable } from '../db/database-errors.ts';
import { datasourceUrl } from '../db/datasource.ts';
import { TenantNotFoundError, TenantSuspendedError, TenantUnavailableError } from '../errors/index.ts';
import type { CredentialsEnvelope } from './credentials-envelope.ts';
import { type Tenant, tenantDatasource } from './tenant.ts';
import type { TenantClientLease, TenantClientPool } from './tenant-client-pool.ts';
import type { TenantDirectory } from './tenant-directory.ts';

/** The way from a tenant's key to its database, one step at a time. */
export interface TenantAccess {
  /** The tenant of that key when it has a database that can be asked: active or suspended; otherwise null. */
  find(tenantKey: string): Promise<Tenant | null>;
  /** Leases the client of the tenant's database. @throws {TenantUnavailableError} when the database does not answer. */
  lease(tenant: Tenant): Promise<TenantClientLease>;
}

/** Makes the tenant access over its parts. */
export function createTenantAccess(
  directory: TenantDirectory,
  envelope: CredentialsEnvelope,
  clients: TenantClientPool,
): TenantAccess {
  /** The directory hands out one object per answer; opening its envelope for every request would be waste. */
  const urls = new WeakMap<Tenant, string>();

  function urlOf(tenant: Tenant): string {
    const known = urls.get(tenant);
    if (known !== undefined) return known;
    const url = datasourceUrl(tenantDatasource(tenant, envelope));
    urls.set(tenant, url);
    return url;
  }

  return {
    async find(tenantKey) {
      const tenant = await directory.find(tenantKey);
      return tenant?.status === 'active' || tenant?.status === 'suspended' ? tenant : null;
    },
    async lease(tenant) {
      try {
        return await clients.lease(urlOf(tenant));
      } catch (error) {
        if (isDatabaseUnavailable(error)) throw new TenantUnavailableError({ cause: error });
        throw error;
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
