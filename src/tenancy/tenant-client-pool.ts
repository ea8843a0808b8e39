import { setTimeout as delay } from 'node:timers/promises';
import type { TenantClient } from '../db/tenant-client.ts';
import { ServiceUnavailableError } from '../errors/index.ts';

/** The right to use a tenant's client until `release()`, which may be called more than once. */
export interface TenantClientLease {
  readonly client: TenantClient;
  release(): void;
}

/** How many clients the pool keeps, and for how long. */
export interface TenantClientPoolOptions {
  /** Clients kept open. More exist only while more are leased at once. */
  readonly capacity: number;
  /** Seconds without a lease after which a client is closed. */
  readonly idleSeconds: number;
}

/** How many clients there are, and in what state. */
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
   * Leases the client of that datasource, building it when there is none. Requests that arrive while it is
   * being built share it; a build that fails is forgotten, so the next lease tries again.
   * @throws what the build threw, or {@link ServiceUnavailableError} once the pool is closing.
   */
  lease(datasourceUrl: string): Promise<TenantClientLease>;
  /** Closes the client of that datasource as soon as its leases have ended, and leases it no more. */
  retire(datasourceUrl: string): void;
  statistics(): TenantClientPoolStatistics;
  /** Refuses new leases, waits up to `drainMilliseconds` for those outstanding, and closes every client. */
  close(drainMilliseconds: number): Promise<void>;
}

interface Entry {
  readonly datasourceUrl: string;
  readonly client: Promise<TenantClient>;
  leases: number;
  evicted: boolean;
  lastUsed: number;
  disposed: Promise<void> | undefined;
}

/** Makes the pool. `build` opens the client of a datasource URL; `onDisposeError` hears of a client that did not close cleanly. */
export function createTenantClientPool(
  build: (datasourceUrl: string) => Promise<TenantClient>,
  options: TenantClientPoolOptions,
  onDisposeError: (error: unknown) => void,
): TenantClientPool {
  /** Kept entries, least recently used first: a Map iterates in the order of insertion. */
  const kept = new Map<string, Entry>();
  /** Every entry whose client is not closed yet, evicted ones included. */
  const open = new Set<Entry>();
  let built = 0;
  let closing = false;
  let onLeaseReleased = () => {};

  const idleMilliseconds = options.idleSeconds * 1_000;
  const idleSweep = setInterval(evictIdle, Math.min(idleMilliseconds, 60_000));
  idleSweep.unref();

  function add(datasourceUrl: string): Entry {
    built++;
    const entry: Entry = {
      datasourceUrl,
      client: build(datasourceUrl),
      leases: 0,
      evicted: false,
      lastUsed: performance.now(),
      disposed: undefined,
    };
    open.add(entry);
    entry.client.catch(() => {
      forget(entry);
      open.delete(entry);
    });
    return entry;
  }

  /** Marks as most recently used. */
  function keep(entry: Entry): void {
    entry.lastUsed = performance.now();
    kept.delete(entry.datasourceUrl);
    kept.set(entry.datasourceUrl, entry);
  }

  function forget(entry: Entry): void {
    entry.evicted = true;
    if (kept.get(entry.datasourceUrl) === entry) kept.delete(entry.datasourceUrl);
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
    entry.disposed ??= entry.client
      .then((client) => client.$disconnect())
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
    async lease(datasourceUrl) {
      if (closing) throw new ServiceUnavailableError();
      const entry = kept.get(datasourceUrl) ?? add(datasourceUrl);
      // Counted before anything is awaited: an eviction in the meantime must see this lease.
      entry.leases++;
      keep(entry);
      evictBeyondCapacity();
      let client: TenantClient;
      try {
        client = await entry.client;
      } catch (error) {
        entry.leases--;
        throw error;
      }
      let released = false;
      return {
        client,
        release() {
          if (released) return;
          released = true;
          release(entry);
        },
      };
    },

    retire(datasourceUrl) {
      const entry = kept.get(datasourceUrl);
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
