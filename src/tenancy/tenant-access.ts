import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import { isDatabaseUnavailable } from '../db/database-errors.ts';
import { datasourceUrl } from '../db/datasource.ts';
import { TenantNotFoundError, TenantSuspendedError, TenantUnavailableError } from '../errors/index.ts';
import { SecretsUnavailableError } from './secrets/credentials-error.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { type Tenant, tenantDatasource } from './tenant.ts';
import type { TenantClientLease, TenantClientPool } from './tenant-client-pool.ts';
import type { TenantDirectory } from './tenant-directory.ts';

/** The way from a tenant's key to its database, one step at a time. */
export interface TenantAccess {
  /** The tenant of that key when it has a database that can be asked: active or suspended; otherwise null. */
  find(tenantKey: string): Promise<Tenant | null>;
  /**
   * Leases the client of the tenant's database, as the directory knows it by now. A client that leads to where the
   * database was, or signs in as it did before, is closed once its leases have ended.
   * @throws {TenantNotFoundError} when the tenant is gone in the meantime.
   * @throws {TenantUnavailableError} when the database, or the place of its password, does not answer.
   */
  lease(tenant: Tenant): Promise<TenantClientLease>;
}

/** More tenants have no client open at once; an entry is about 0.2 kB. */
const maximumDatasources = 10_000;

/** Told that everything is in doubt, a process asks for its tenants' rows; the central database serves all processes. */
const reviewsAtOnce = 4;

/** Makes the tenant access over its parts. */
export function createTenantAccess(
  directory: TenantDirectory,
  secrets: Pick<TenantSecrets, 'read' | 'forget'>,
  clients: TenantClientPool,
): TenantAccess {
  /** The directory hands out one object per answer; reading its secret for every request would be waste. */
  const urls = new WeakMap<Tenant, Promise<string>>();
  /** The datasource that each tenant's client was leased for last. */
  const leased = new LRUCache<string, string>({ max: maximumDatasources });

  function urlOf(tenant: Tenant): Promise<string> {
    const known = urls.get(tenant);
    if (known !== undefined) return known;
    const url = tenantDatasource(tenant, secrets).then(datasourceUrl);
    urls.set(tenant, url);
    url.catch(() => urls.delete(tenant));
    return url;
  }

  async function find(tenantKey: string): Promise<Tenant | null> {
    const tenant = await directory.find(tenantKey);
    return tenant?.status === 'active' || tenant?.status === 'suspended' ? tenant : null;
  }

  /** Retires the client that the tenant had, unless it is that of `url`. */
  function moveOn(tenantKey: string, url: string | null): void {
    const before = leased.get(tenantKey);
    if (before === url) return;
    if (before !== undefined) clients.retire(before);
    if (url === null) leased.delete(tenantKey);
    else leased.set(tenantKey, url);
  }

  /** A tenant that nobody asks for must let go of its old connections too. */
  async function review(tenantKey: string): Promise<void> {
    try {
      const tenant = await find(tenantKey);
      if (tenant?.status !== 'active') moveOn(tenantKey, null);
      else if (leased.has(tenantKey) && leased.get(tenantKey) !== (await urlOf(tenant)))
        moveOn(tenantKey, null);
    } catch {
      // Nothing new is known, so the client stays. The next request asks again, and tells whom it may concern.
    }
  }

  directory.onForgotten((tenantKey) => {
    secrets.forget(tenantKey);
    const open = tenantKey === null ? [...leased.keys()] : leased.has(tenantKey) ? [tenantKey] : [];
    void pMap(open, review, { concurrency: reviewsAtOnce });
  });

  return {
    find,
    async lease({ tenantKey }) {
      // What the caller holds may have been overtaken: leased, it would bring a retired client back.
      const tenant = await find(tenantKey);
      if (!tenant) throw new TenantNotFoundError();
      try {
        const url = await urlOf(tenant);
        moveOn(tenantKey, url);
        return await clients.lease(url);
      } catch (error) {
        if (isDatabaseUnavailable(error) || error instanceof SecretsUnavailableError) {
          throw new TenantUnavailableError({ cause: error });
        }
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
