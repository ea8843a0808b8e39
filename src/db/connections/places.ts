/** The right to have one connection open, from before it is opened until it has ended. */
export interface Place {
  /** The connection begins to end: its place will soon be free. */
  ending(): void;
  /** The connection has ended. */
  free(): void;
}

/** Connections of one database, some of them idle. */
export interface IdleConnections {
  /** How many are idle and promised to nobody. */
  spareCount(): number;
  /** Ends one of those soon; `begun` is called when it has begun to end. Its place is freed when it has ended. */
  endOne(begun: () => void): void;
}

/** A fixed number of places that the pools of all tenants share. */
export interface Places {
  /**
   * Takes a place for a new connection of `pool`. When all are taken, it ends the idle connection of the pool that
   * was used least recently, and waits until that has ended. To be called by the holder of a slot only: as there are
   * as many slots as places, somebody's idle connection is then there to be ended.
   * @returns null when an idle connection of the pool's own has turned up instead, promised through `promise`.
   */
  take(pool: IdleConnections, promise: () => void): Promise<Place | null>;
  /** Hears that a connection of the pool has become idle. */
  becameIdle(pool: IdleConnections): void;
  /** Forgets a pool that has no idle connections any more. */
  forget(pool: IdleConnections): void;
  /** Connections opening, open or ending. */
  taken(): number;
}

interface Waiter {
  readonly pool: IdleConnections;
  readonly promise: () => void;
  resolve(place: Place | null): void;
}

/** Makes `capacity` places. */
export function createPlaces(capacity: number): Places {
  /** Pools with idle connections, least recently used first: a Set iterates in the order of insertion. */
  const idlePools = new Set<IdleConnections>();
  /** In the order of their arrival. */
  const waiters = new Set<Waiter>();
  let taken = 0;
  /** Places of connections that are about to end. */
  let ending = 0;
  /** Connections that their pools have been asked to end, and have not begun to. */
  let asked = 0;

  function takePlace(): Place {
    taken++;
    let state: 'held' | 'ending' | 'free' = 'held';
    return {
      ending() {
        if (state !== 'held') return;
        state = 'ending';
        ending++;
      },
      free() {
        if (state === 'free') return;
        if (state === 'ending') ending--;
        state = 'free';
        taken--;
        handOut();
      },
    };
  }

  function handOut(): void {
    for (const waiter of waiters) {
      if (taken >= capacity) break;
      waiters.delete(waiter);
      waiter.resolve(takePlace());
    }
    makeRoom();
  }

  /** Ends as many idle connections as it takes for everybody who waits. */
  function makeRoom(): void {
    while (ending + asked < waiters.size) {
      const pool = leastRecentlyUsed();
      if (!pool) return;
      asked++;
      pool.endOne(() => {
        asked--;
      });
    }
  }

  function leastRecentlyUsed(): IdleConnections | undefined {
    for (const pool of idlePools) {
      if (pool.spareCount() > 0) return pool;
      idlePools.delete(pool);
    }
    return undefined;
  }

  return {
    async take(pool, promise) {
      if (taken < capacity) return takePlace();
      return new Promise((resolve) => {
        waiters.add({ pool, promise, resolve });
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
    taken: () => taken,
  };
}
