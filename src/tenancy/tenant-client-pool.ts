import { setTimeout as delay } from 'node:timers/promises';
import type { TenantTarget } from '../db/connections/tenant-connections.ts';
import type { ConnectionLimits } from '../db/pool-settings.ts';
import type { OpenedTenant } from '../db/tenant-client.ts';
import { ServiceUnavailableError } from '../errors/index.ts';

/** The right to use a tenant's client until `release()`, which may be called more than once. */
export interface TenantClientLease extends OpenedTenant {
  release(): void;
}

/** The request for a client: a tenant, its database, and its limits there. */
export interface ClientTarget extends TenantTarget {
  readonly limits: ConnectionLimits;
}

/** The capacity of the pool, and the lifetime of idle clients. */
export interface TenantClientPoolOptions {
  /** Clients kept open. More exist only while more are leased at once. */
  readonly capacity: number;
  /** Seconds without a lease after which a client is closed. */
  readonly idleSeconds: number;
}

/** The numbers of clients by state. */
export interface TenantClientPoolStatistics {
  /** Clients that new leases may get. */
  readonly kept: number;
  /** Evicted clients that wait for their last lease. */
  readonly draining: number;
  /** Leases not yet released. */
  readonly leases: number;
  /** Clients built since the start. */
  readonly built: number;
}

/** Keeps the clients of recently used tenants open: least recently used out first, and never one under a request. */
export interface TenantClientPool {
  /**
   * Leases the tenant's client, building it when there is none, or when it was built for another database or other
   * limits. Requests that arrive while it is being built share it; a build that fails is forgotten, so the next
   * lease tries again.
   * @throws what the build threw, or {@link ServiceUnavailableError} once the pool is closing.
   */
  lease(target: ClientTarget): Promise<TenantClientLease>;
  /** Closes the tenant's client as soon as its leases have ended, and leases it no more. */
  retire(tenantKey: string): void;
  statistics(): TenantClientPoolStatistics;
  /** Refuses new leases, waits up to `drainMilliseconds` for those outstanding, and closes every client. */
  close(drainMilliseconds: number): Promise<void>;
}

interface Entry {
  readonly target: ClientTarget;
  readonly opened: Promise<OpenedTenant>;
  leases: number;
  evicted: boolean;
  lastUsed: number;
  disposed: Promise<void> | undefined;
}

/**
 * Creates the pool. `build` opens a tenant's client; `onDisposeError` is called for a client that did not close
 * cleanly.
 */
export function createTenantClientPool(
  build: (target: ClientTarget) => Promise<OpenedTenant>,
  options: TenantClientPoolOptions,
  onDisposeError: (error: unknown) => void,
): TenantClientPool {
  /** Kept entries by tenant, least recently used first: a Map iterates in the order of insertion. */
  const kept = new Map<string, Entry>();
  /** Every entry whose client is not closed yet, evicted ones included. */
  const open = new Set<Entry>();
  let built = 0;
  let closing = false;
  let onLeaseReleased = () => {};

  const idleMilliseconds = options.idleSeconds * 1_000;
  const idleSweep = setInterval(evictIdle, Math.min(idleMilliseconds, 60_000));
  idleSweep.unref();

  function add(target: ClientTarget): Entry {
    built++;
    const entry: Entry = {
      target,
      opened: build(target),
      leases: 0,
      evicted: false,
      lastUsed: performance.now(),
      disposed: undefined,
    };
    open.add(entry);
    entry.opened.catch(() => {
      forget(entry);
      open.delete(entry);
    });
    return entry;
  }

  /** Marks as most recently used. */
  function keep(entry: Entry): void {
    entry.lastUsed = performance.now();
    const { tenantKey } = entry.target.tenant;
    kept.delete(tenantKey);
    kept.set(tenantKey, entry);
  }

  /** The tenant's client, if it is for this target. One for an older target is evicted: its requests may finish. */
  function find(target: ClientTarget): Entry | undefined {
    const entry = kept.get(target.tenant.tenantKey);
    if (!entry || isSameTarget(entry.target, target)) return entry;
    evict(entry);
    return undefined;
  }

  function forget(entry: Entry): void {
    entry.evicted = true;
    const { tenantKey } = entry.target.tenant;
    if (kept.get(tenantKey) === entry) kept.delete(tenantKey);
  }

  function evict(entry: Entry): void {
    forget(entry);
    if (entry.leases === 0) void dispose(entry);
  }

  /** One without a lease goes first, because its connections are freed at once. */
  function evictBeyondCapacity(): void {
    while (kept.size > options.capacity) {
      const entries = [...kept.values()];
      const victim = entries.find(({ leases }) => leases === 0) ?? entries[0];
      if (victim === undefined) return;
      evict(victim);
    }
  }

  function evictIdle(): void {
    const idleSince = performance.now() - idleMilliseconds;
    for (const entry of [...kept.values()]) {
      if (entry.leases === 0 && entry.lastUsed <= idleSince) evict(entry);
    }
  }

  function dispose(entry: Entry): Promise<void> {
    entry.disposed ??= entry.opened
      .then(({ client }) => client.$disconnect())
      .catch(onDisposeError)
      .finally(() => open.delete(entry));
    return entry.disposed;
  }

  function release(entry: Entry): void {
    entry.leases--;
    entry.lastUsed = performance.now();
    if (entry.evicted && entry.leases === 0) void dispose(entry);
    onLeaseReleased();
  }

  function allReleased(): Promise<void> {
    return new Promise((resolve) => {
      onLeaseReleased = () => {
        if (![...open].some(({ leases }) => leases > 0)) resolve();
      };
      onLeaseReleased();
    });
  }

  return {
    async lease(target) {
      if (closing) throw new ServiceUnavailableError();
      const entry = find(target) ?? add(target);
      // Counted before anything is awaited: an eviction in the meantime must see this lease.
      entry.leases++;
      keep(entry);
      evictBeyondCapacity();
      let opened: OpenedTenant;
      try {
        opened = await entry.opened;
      } catch (error) {
        entry.leases--;
        throw error;
      }
      let released = false;
      return {
        client: opened.client,
        statements: opened.statements,
        rows: opened.rows,
        release() {
          if (released) return;
          released = true;
          release(entry);
        },
      };
    },

    retire(tenantKey) {
      const entry = kept.get(tenantKey);
      if (entry) evict(entry);
    },

    statistics() {
      const entries = [...open];
      return {
        kept: kept.size,
        draining: entries.filter(({ evicted }) => evicted).length,
        leases: entries.reduce((sum, { leases }) => sum + leases, 0),
        built,
      };
    },

    async close(drainMilliseconds) {
      closing = true;
      clearInterval(idleSweep);
      for (const entry of [...kept.values()]) evict(entry);
      await Promise.race([allReleased(), delay(drainMilliseconds, undefined, { ref: false })]);
      await Promise.all([...open].map(dispose));
    },
  };
}

function isSameTarget(one: ClientTarget, other: ClientTarget): boolean {
  return (
    one.tenant.id === other.tenant.id &&
    one.tenant.tenantKey === other.tenant.tenantKey &&
    one.datasourceUrl === other.datasourceUrl &&
    one.limits.concurrency === other.limits.concurrency &&
    one.limits.statementTimeoutSeconds === other.limits.statementTimeoutSeconds
  );
}
