/*
 * The clients of recently used tenants, kept open. An entry has one of these states:
 *
 *   active ──── evicted while leased ───► draining ──── last lease ended ───► disposing
 *      └─────────────────── evicted without a lease ─────────────────────────────▲
 *
 * - active: new leases of the tenant get this client. A tenant has one active entry at most.
 * - draining: its leases go on, but new ones get another client. Evicted are the least recently used beyond the
 *   capacity, those without a lease for the idle time, those of another target than asked for, and retired ones.
 * - disposing: its client is being closed, or could not be built. Nobody uses it.
 *
 * A lease counts until it is released, but no longer than `longestLeaseMilliseconds`: one that was forgotten would keep
 * an evicted client, and its connections, for good.
 */
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
  /** Evicted clients that wait for their last lease, or are being closed. */
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

/** A lease that was not released in time, and no longer counts. */
export interface LeakedLease {
  readonly tenantKey: string;
  /** The time since it was leased. */
  readonly seconds: number;
}

/** Called for what goes wrong beside the pool's callers. */
export interface TenantClientPoolListeners {
  /** Hears of a client that did not close cleanly. */
  readonly onDisposeError: (error: unknown) => void;
  /** Hears of a lease that was not released in time: a mistake in the program. */
  readonly onLeak: (leak: LeakedLease) => void;
}

/** The time of a request that waits for three statements of the longest time-out that a plan may have (`PLAN_LIMITS`). */
const longestLeaseMilliseconds = 3 * 600_000;

/** See the head of this file. */
type EntryState = 'active' | 'draining' | 'disposing';

interface Lease {
  readonly since: number;
}

interface Entry {
  readonly target: ClientTarget;
  readonly opened: Promise<OpenedTenant>;
  readonly leases: Set<Lease>;
  state: EntryState;
  lastUsed: number;
  /** Resolves when the client is closed; undefined until then begins. */
  disposed: Promise<void> | undefined;
}

/**
 * Creates the pool. `build` opens a tenant's client; `onDisposeError` is called for a client that did not close
 * cleanly.
 */
export function createTenantClientPool(
  build: (target: ClientTarget) => Promise<OpenedTenant>,
  options: TenantClientPoolOptions,
  { onDisposeError, onLeak }: TenantClientPoolListeners,
): TenantClientPool {
  /** Active entries by tenant, least recently used first: a Map iterates in the order of insertion. */
  const kept = new Map<string, Entry>();
  /** Every entry whose client is not closed yet, evicted ones included. */
  const open = new Set<Entry>();
  let built = 0;
  let closing = false;
  let onLeaseReleased = () => {};

  const idleMilliseconds = options.idleSeconds * 1_000;
  const sweep = setInterval(
    () => {
      dropLeaked();
      evictIdle();
    },
    Math.min(idleMilliseconds, 60_000),
  );
  sweep.unref();

  function add(target: ClientTarget): Entry {
    built++;
    const entry: Entry = {
      target,
      opened: build(target),
      leases: new Set(),
      state: 'active',
      lastUsed: performance.now(),
      disposed: undefined,
    };
    open.add(entry);
    entry.opened.catch(() => {
      forget(entry, 'disposing');
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

  function forget(entry: Entry, state: Exclude<EntryState, 'active'>): void {
    entry.state = state;
    const { tenantKey } = entry.target.tenant;
    if (kept.get(tenantKey) === entry) kept.delete(tenantKey);
  }

  function evict(entry: Entry): void {
    forget(entry, 'draining');
    if (entry.leases.size === 0) void dispose(entry);
  }

  /** One without a lease goes first, because its connections are freed at once. */
  function evictBeyondCapacity(): void {
    while (kept.size > options.capacity) {
      const entries = [...kept.values()];
      const victim = entries.find(({ leases }) => leases.size === 0) ?? entries[0];
      if (victim === undefined) return;
      evict(victim);
    }
  }

  function evictIdle(): void {
    const idleSince = performance.now() - idleMilliseconds;
    for (const entry of [...kept.values()]) {
      if (entry.leases.size === 0 && entry.lastUsed <= idleSince) evict(entry);
    }
  }

  function dropLeaked(): void {
    for (const entry of [...open]) {
      for (const lease of [...entry.leases]) {
        const milliseconds = performance.now() - lease.since;
        if (milliseconds < longestLeaseMilliseconds) continue;
        onLeak({ tenantKey: entry.target.tenant.tenantKey, seconds: Math.round(milliseconds / 1_000) });
        release(entry, lease);
      }
    }
  }

  function dispose(entry: Entry): Promise<void> {
    entry.state = 'disposing';
    entry.disposed ??= entry.opened
      .then(({ client }) => client.$disconnect())
      .catch(onDisposeError)
      .finally(() => open.delete(entry));
    return entry.disposed;
  }

  function release(entry: Entry, lease: Lease): void {
    if (!entry.leases.delete(lease)) return;
    entry.lastUsed = performance.now();
    if (entry.state === 'draining' && entry.leases.size === 0) void dispose(entry);
    onLeaseReleased();
  }

  function allReleased(): Promise<void> {
    return new Promise((resolve) => {
      onLeaseReleased = () => {
        if (![...open].some(({ leases }) => leases.size > 0)) resolve();
      };
      onLeaseReleased();
    });
  }

  return {
    async lease(target) {
      if (closing) throw new ServiceUnavailableError();
      const entry = find(target) ?? add(target);
      // Counted before anything is awaited: an eviction in the meantime must see this lease.
      const lease = { since: performance.now() };
      entry.leases.add(lease);
      keep(entry);
      evictBeyondCapacity();
      let opened: OpenedTenant;
      try {
        opened = await entry.opened;
      } catch (error) {
        release(entry, lease);
        throw error;
      }
      return {
        client: opened.client,
        statements: opened.statements,
        rows: opened.rows,
        release: () => release(entry, lease),
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
        draining: entries.filter(({ state }) => state !== 'active').length,
        leases: entries.reduce((sum, { leases }) => sum + leases.size, 0),
        built,
      };
    },

    async close(drainMilliseconds) {
      closing = true;
      clearInterval(sweep);
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
