/** The right to have one connection open, from before it is opened until it has ended. */
export interface ConnectionPermit {
  /** The connection begins to end: its permit will soon be free. */
  ending(): void;
  /** The connection has ended. */
  free(): void;
}

/** Connections of one database, some of them idle. */
export interface IdleConnections {
  /** How many are idle and promised to nobody. */
  spareCount(): number;
  /** Ends one of those soon; `begun` is called when it has begun to end. Its permit is freed when it has ended. */
  endOne(begun: () => void): void;
}

/** A number of permits that the pools of all tenants of one server share. */
export interface ConnectionPermits {
  /**
   * Takes a permit for a new connection of `pool`. When all are taken, it ends an idle connection, and waits until that
   * has ended: one of a pool that has a second one, or else that of the pool that was used least recently. As one
   * connection of every tenant goes before a second of any, pools without one go first, and a pool that has one ends
   * nobody's only one until it has waited for its own for a while. To be called by the holder of a slot only: as there
   * are as many slots as permits, somebody's idle connection is then there to be ended.
   * @returns null when an idle connection of the pool's own has turned up instead, promised through `promise`.
   */
  take(pool: IdleConnections, promise: () => void): Promise<ConnectionPermit | null>;
  /** Hears that a connection of the pool has become idle. */
  becameIdle(pool: IdleConnections): void;
  /** Forgets a pool that has no idle connections any more. */
  forget(pool: IdleConnections): void;
  /** Changes their number. Where there are more connections, idle ones end now, and others as they become idle. */
  resize(capacity: number): void;
  /** Connections opening, open or ending. */
  taken(): number;
}

/** A connection that is in use comes back within milliseconds, unless its transaction is a long one. */
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
  /** The connections of each pool that are not about to end. */
  const lasting = new Map<IdleConnections, number>();
  /** Pools with idle connections, least recently used first: a Set iterates in the order of insertion. */
  const idlePools = new Set<IdleConnections>();
  /** In the order of their arrival. */
  const waiters = new Set<Waiter>();
  let taken = 0;
  /** ConnectionPermits of connections that are about to end. */
  let ending = 0;
  /** Connections that their pools have been asked to end, and have not begun to. */
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

  /** Ends as many idle connections as it takes for everybody who waits, and for those that are too many. */
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

  /** Counts those who may end anybody's connection: for each pool's first one, and after a wait. */
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
