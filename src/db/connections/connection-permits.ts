/** A permit for one connection, from before it opens until it has ended. */
export interface ConnectionPermit {
  /** Reports that the connection is closing: its permit will soon be free. */
  ending(): void;
  /** Reports that the connection has ended. */
  free(): void;
}

/** The connections to one database. */
export interface IdleConnections {
  /** The number of idle, unreserved connections. */
  spareCount(): number;
  /** Ends one of those soon. `begun` is called when it starts to close; its permit is freed when it has ended. */
  endOne(begun: () => void): void;
}

/** The permits that the pools of all tenants on one server share. */
export interface ConnectionPermits {
  /**
   * Takes a permit for a new connection of `pool`. When all are taken, it closes an idle connection and waits for its
   * end: one of a pool with a second connection, or else that of the least recently used pool. One connection for every
   * tenant has priority over a second for any, so pools without one go first, and a pool with one closes another's only
   * connection only after waiting for its own for a while. Only the holder of a slot may call this: as there are as
   * many slots as permits, there is then always an idle connection to close.
   * @returns null when one of the pool's own connections has become idle instead, reserved through `promise`.
   */
  take(pool: IdleConnections, promise: () => void): Promise<ConnectionPermit | null>;
  /** Reports that a connection of the pool has become idle. */
  becameIdle(pool: IdleConnections): void;
  /** Forgets a pool that no longer has idle connections. */
  forget(pool: IdleConnections): void;
  /** Changes the number of permits. Surplus connections are closed: idle ones now, others when they become idle. */
  resize(capacity: number): void;
  /** The number of connections opening, open or closing. */
  taken(): number;
}

/**
 * The time to wait for one's own connection: one in use comes back within milliseconds, unless its transaction is long.
 */
const patienceMilliseconds = 200;

interface Waiter {
  readonly pool: IdleConnections;
  readonly promise: () => void;
  /** True once it has waited long enough for a connection of its own. */
  isPressing: boolean;
  resolve(permit: ConnectionPermit | null): void;
}

/** Creates `initialCapacity` permits. */
export function createConnectionPermits(initialCapacity: number): ConnectionPermits {
  let capacity = initialCapacity;
  /** The connections of each pool that are not closing. */
  const lasting = new Map<IdleConnections, number>();
  /** Pools with idle connections, least recently used first: a Set iterates in insertion order. */
  const idlePools = new Set<IdleConnections>();
  /** In order of arrival. */
  const waiters = new Set<Waiter>();
  let taken = 0;
  /** Permits of connections that are closing. */
  let ending = 0;
  /** Connections that their pools were asked to close, but that are not closing yet. */
  let asked = 0;

  function count(pool: IdleConnections, change: number): void {
    const connections = (lasting.get(pool) ?? 0) + change;
    if (connections === 0) lasting.delete(pool);
    else lasting.set(pool, connections);
  }

  function takePermit(pool: IdleConnections): ConnectionPermit {
    taken++;
    count(pool, 1);
    let state: 'held' | 'ending' | 'free' = 'held';
    return {
      ending() {
        if (state !== 'held') return;
        state = 'ending';
        ending++;
        count(pool, -1);
      },
      free() {
        if (state === 'free') return;
        if (state === 'ending') ending--;
        else count(pool, -1);
        state = 'free';
        taken--;
        handOut();
      },
    };
  }

  function handOut(): void {
    while (taken < capacity) {
      const waiter = nextWaiter();
      if (!waiter) break;
      waiters.delete(waiter);
      waiter.resolve(takePermit(waiter.pool));
    }
    makeRoom();
  }

  function nextWaiter(): Waiter | undefined {
    const [oldest] = waiters;
    for (const waiter of waiters) if (!lasting.has(waiter.pool)) return waiter;
    return oldest;
  }

  /** Closes as many idle connections as needed for all who wait, and all surplus ones. */
  function makeRoom(): void {
    const excess = Math.max(0, taken - capacity);
    while (ending + asked < excess + waiters.size) {
      const pool =
        leastRecentlyUsed((lasts) => lasts > 1) ??
        (ending + asked < excess + pressing() ? leastRecentlyUsed(() => true) : undefined);
      if (!pool) return;
      asked++;
      count(pool, -1);
      pool.endOne(() => {
        asked--;
        count(pool, 1);
      });
    }
  }

  /**
   * Counts the requests that may close any connection: those for a pool's first connection, and those that have waited.
   */
  function pressing(): number {
    const first = new Set<IdleConnections>();
    let others = 0;
    for (const { pool, isPressing } of waiters) {
      if (isPressing) others++;
      else if (!lasting.has(pool)) first.add(pool);
    }
    return first.size + others;
  }

  function leastRecentlyUsed(suits: (lasts: number) => boolean): IdleConnections | undefined {
    for (const pool of idlePools) {
      if (pool.spareCount() === 0) idlePools.delete(pool);
      else if (suits(lasting.get(pool) ?? 0)) return pool;
    }
    return undefined;
  }

  return {
    async take(pool, promise) {
      if (taken < capacity) return takePermit(pool);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          pool,
          promise,
          isPressing: false,
          resolve(permit) {
            clearTimeout(timer);
            resolve(permit);
          },
        };
        const timer = setTimeout(() => {
          waiter.isPressing = true;
          makeRoom();
        }, patienceMilliseconds);
        waiters.add(waiter);
        makeRoom();
      });
    },
    becameIdle(pool) {
      for (const waiter of waiters) {
        if (waiter.pool !== pool) continue;
        waiters.delete(waiter);
        waiter.promise();
        waiter.resolve(null);
        break;
      }
      idlePools.delete(pool);
      idlePools.add(pool);
      makeRoom();
    },
    forget(pool) {
      idlePools.delete(pool);
    },
    resize(newCapacity) {
      capacity = newCapacity;
      handOut();
    },
    taken: () => taken,
  };
}
