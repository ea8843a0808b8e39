import { LRUCache } from 'lru-cache';
import { databaseFailure } from '../db/database-errors.ts';
import type { ConnectionLimits } from '../db/pool-settings.ts';
import type { Sealer } from '../db/sealed-columns.ts';
import {
  TenantMismatchError,
  TenantNotFoundError,
  TenantSuspendedError,
  TenantUnavailableError,
} from '../errors/index.ts';
import { createPacedReviews } from './paced-reviews.ts';
import { SecretsUnavailableError } from './secrets/credentials-error.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { type DirectoryTenant, tenantTarget } from './tenant.ts';
import type { ClientTarget, TenantClientLease, TenantClientPool } from './tenant-client-pool.ts';
import type { TenantDirectory } from './tenant-directory.ts';

/** The right to use a tenant's client, with the keys of what its database holds sealed. */
export interface TenantLease extends TenantClientLease {
  readonly sealer: Sealer;
}

/** The way from a tenant's key to its database, one step at a time. */
export interface TenantAccess {
  /**
   * Finds the tenant of that key if it has a database to ask, active or suspended; otherwise returns null.
   * @throws {TenantMismatchError} when another tenant is known under that key.
   */
  find(tenantKey: string): Promise<DirectoryTenant | null>;
  /**
   * Leases the client of the tenant's database, as the directory knows it by now. A client that leads to where the
   * database was, or signs in as it did before, is closed once its leases have ended.
   * @throws {TenantNotFoundError} when the tenant is gone in the meantime.
   * @throws {TenantUnavailableError} when the database, or the place of its password, does not answer.
   * @throws {TenantBusyError} when none of its connections becomes free in time.
   * @throws {TenantMismatchError} when the database there is not the tenant's.
   */
  lease(tenant: Pick<DirectoryTenant, 'tenantKey'>): Promise<TenantLease>;
}

/** The bound for all of them: some 10,000 tenants, and no more have a client open at once. */
const datasourcesBytes = 4 * 1_024 * 1_024;

/**
 * When all entries may be outdated, a process rereads all of its tenants' rows. That is paced because the central
 * database serves all processes, and because whoever writes to Redis can trigger it as often as they like.
 */
const reviewPace = { atOnce: 4, pauseMilliseconds: 250 };

/**
 * Creates the tenant access from its parts. `limitsOf` returns a tenant's limits of database use; `createSealer` is
 * called once for each answer of the directory, so that keys are forgotten with it.
 */
export function createTenantAccess(
  directory: TenantDirectory,
  secrets: Pick<TenantSecrets, 'read' | 'forget' | 'requireTls'>,
  clients: TenantClientPool,
  limitsOf: (tenant: DirectoryTenant) => ConnectionLimits,
  createSealer: (tenant: DirectoryTenant) => Sealer,
): TenantAccess {
  /** The directory hands out one object per answer; reading its secret for every request would be waste. */
  const targets = new WeakMap<DirectoryTenant, Promise<ClientTarget>>();
  const sealers = new WeakMap<DirectoryTenant, Sealer>();
  /** The datasource that each tenant's client was leased for last. */
  const leased = new LRUCache<string, string>({
    maxSize: datasourcesBytes,
    sizeCalculation: (datasourceUrl, tenantKey) => 200 + datasourceUrl.length + tenantKey.length,
  });

  function targetOf(tenant: DirectoryTenant): Promise<ClientTarget> {
    const known = targets.get(tenant);
    if (known !== undefined) return known;
    const target = tenantTarget(tenant, secrets).then((database) => ({
      ...database,
      limits: limitsOf(tenant),
    }));
    targets.set(tenant, target);
    target.catch(() => targets.delete(tenant));
    return target;
  }

  function sealerOf(tenant: DirectoryTenant): Sealer {
    const sealer = sealers.get(tenant) ?? createSealer(tenant);
    sealers.set(tenant, sealer);
    return sealer;
  }

  async function find(tenantKey: string): Promise<DirectoryTenant | null> {
    const tenant = await directory.find(tenantKey);
    if (tenant && tenant.tenantKey !== tenantKey) {
      throw new TenantMismatchError({ cause: `The directory has ${tenant.tenantKey} for ${tenantKey}.` });
    }
    return tenant?.status === 'active' || tenant?.status === 'suspended' ? tenant : null;
  }

  /** A tenant that nobody asks for must let go of its old connections too. */
  async function review(tenantKey: string): Promise<void> {
    try {
      const tenant = await find(tenantKey);
      const current = tenant?.status === 'active' ? (await targetOf(tenant)).datasourceUrl : null;
      if (leased.get(tenantKey) === current) return;
      leased.delete(tenantKey);
      clients.retire(tenantKey);
    } catch {
      // Nothing new is known, so the client stays. The next request asks again, and tells whom it may concern.
    }
  }

  const reviews = createPacedReviews(review, reviewPace);

  directory.onInvalidated((tenantKey) => {
    secrets.forget(tenantKey);
    const open = tenantKey === null ? [...leased.keys()] : leased.has(tenantKey) ? [tenantKey] : [];
    for (const key of open) reviews.request(key);
  });

  return {
    find,
    async lease({ tenantKey }) {
      // What the caller holds may have been overtaken: leased, it would bring a retired client back.
      const tenant = await find(tenantKey);
      if (!tenant) throw new TenantNotFoundError();
      try {
        const target = await targetOf(tenant);
        leased.set(tenantKey, target.datasourceUrl);
        return { ...(await clients.lease(target)), sealer: sealerOf(tenant) };
      } catch (error) {
        if (error instanceof SecretsUnavailableError) throw new TenantUnavailableError({ cause: error });
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
export function assertServed(tenant: DirectoryTenant | null): asserts tenant is DirectoryTenant {
  if (!tenant) throw new TenantNotFoundError();
  if (tenant.status === 'suspended') throw new TenantSuspendedError();
}
