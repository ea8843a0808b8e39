/** Releases a slot. Calling it again does nothing. */
export type ReleaseSlot = () => void;

/** A request for a slot. */
export interface SlotRequest {
  /** The group that takes turns with others, e.g. a tenant. */
  readonly group: string;
  /** The number of slots that the group may hold. */
  readonly limit: number;
  /** The maximum number of the group's waiting requests; by default, {@link waitingPerSlot} for each of its slots. */
  readonly waitingLimit?: number;
  readonly waitMilliseconds: number;
  /** Aborts the wait, with its reason. */
  readonly signal?: AbortSignal;
}

/** The number of slots in use, and of requests waiting for one. */
export interface SlotStatistics {
  readonly inUse: number;
  readonly waiting: number;
}

/** A fixed number of slots that groups share. */
export interface FairSlots {
  /**
   * Takes a slot. While none is free, groups get slots round-robin, regardless of which asked first or most often.
   * @throws {NoSlotError} after the maximum wait, or at once when more of the group wait than could get a slot in that
   * time.
   */
  acquire(request: SlotRequest): Promise<ReleaseSlot>;
  /** Changes the number of slots. If more are in use, none is given out until enough have been released. */
  resize(capacity: number): void;
  statistics(): SlotStatistics;
}

/** No slot became free within the maximum wait. */
export class NoSlotError extends Error {
  override readonly name = 'NoSlotError';
}

/**
 * The maximum number of waiting requests for each slot of a group: a request behind more than these would time out, and
 * only take memory.
 */
const waitingPerSlot = 100;

interface Waiter {
  grant(): void;
}

interface Group {
  readonly name: string;
  limit: number;
  inUse: number;
  /** In order of arrival. */
  readonly waiting: Set<Waiter>;
}

/**
 * Creates `initialCapacity` slots.
 * @param waitingLimit the maximum number of waiting requests of all groups together.
 */
export function createFairSlots(initialCapacity: number, waitingLimit = Number.POSITIVE_INFINITY): FairSlots {
  let capacity = initialCapacity;
  const groups = new Map<string, Group>();
  /** The groups that could use a free slot, in round-robin order. */
  const turns = new Set<Group>();
  let inUse = 0;
  let waiting = 0;

  function groupOf(name: string, limit: number): Group {
    const known = groups.get(name);
    if (!known) {
      const group = { name, limit, inUse: 0, waiting: new Set<Waiter>() };
      groups.set(name, group);
      return group;
    }
    if (known.limit !== limit) {
      known.limit = limit;
      settle(known);
      grantFreeSlots();
    }
    return known;
  }

  /** Must be called after each change of a group. */
  function settle(group: Group): void {
    if (group.waiting.size === 0 || group.inUse >= group.limit) turns.delete(group);
    else turns.add(group);
    if (group.waiting.size === 0 && group.inUse === 0) groups.delete(group.name);
  }

  function take(group: Group): ReleaseSlot {
    inUse++;
    group.inUse++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      inUse--;
      group.inUse--;
      settle(group);
      grantFreeSlots();
    };
  }

  function grantFreeSlots(): void {
    while (inUse < capacity) {
      const [group] = turns;
      const [waiter] = group?.waiting ?? [];
      if (!group || !waiter) return;
      // Moves the group to the end.
      turns.delete(group);
      waiter.grant();
    }
  }

  function wait(group: Group, { waitMilliseconds, signal }: SlotRequest): Promise<ReleaseSlot> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        group.waiting.delete(waiter);
        waiting--;
      };
      const giveUp = (reason: unknown) => {
        leave();
        settle(group);
        reject(reason);
      };
      const abort = () => giveUp(signal?.reason);
      const timer = setTimeout(
        () => giveUp(new NoSlotError('No slot became free in time.')),
        waitMilliseconds,
      );
      const waiter: Waiter = {
        grant() {
          leave();
          const release = take(group);
          settle(group);
          resolve(release);
        },
      };
      signal?.addEventListener('abort', abort);
      group.waiting.add(waiter);
      waiting++;
      settle(group);
      grantFreeSlots();
    });
  }

  return {
    async acquire(request) {
      request.signal?.throwIfAborted();
      const group = groupOf(request.group, request.limit);
      if (inUse < capacity && group.inUse < group.limit) return take(group);
      const groupIsFull = group.waiting.size >= (request.waitingLimit ?? group.limit * waitingPerSlot);
      if (groupIsFull || waiting >= waitingLimit) {
        settle(group);
        throw new NoSlotError('Too many requests wait for a slot.');
      }
      return wait(group, request);
    },
    resize(newCapacity) {
      capacity = newCapacity;
      grantFreeSlots();
    },
    statistics: () => ({ inUse, waiting }),
  };
}
