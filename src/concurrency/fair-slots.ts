/** Gives a slot back. Calling it again does nothing. */
export type ReleaseSlot = () => void;

/** Somebody wants a slot, and how long they wait. */
export interface SlotRequest {
  /** The group that takes turns with others, e.g. a tenant. */
  readonly group: string;
  /** How many slots the group may hold. */
  readonly limit: number;
  /** The maximum of waiting requests of the group; {@link waitingPerSlot} for each of its slots by default. */
  readonly waitingLimit?: number;
  readonly waitMilliseconds: number;
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal;
}

/** How many slots are in use, and how many requests wait for one. */
export interface SlotStatistics {
  readonly inUse: number;
  readonly waiting: number;
}

/** A number of slots that groups share. */
export interface FairSlots {
  /**
   * Takes a slot. While none is free, groups get theirs in turn, whoever of them asked first or most often.
   * @throws {NoSlotError} after the wait, and at once when more of the group wait than could get their turn by then.
   */
  acquire(request: SlotRequest): Promise<ReleaseSlot>;
  /** Changes their number. Where more are in use, none is given until enough have come back. */
  resize(capacity: number): void;
  statistics(): SlotStatistics;
}

/** There was no slot within the time that one may wait. */
export class NoSlotError extends Error {
  override readonly name = 'NoSlotError';
}

/** Who waits behind so many others of their group for each of its slots has no chance: it would only take memory. */
const waitingPerSlot = 100;

interface Waiter {
  grant(): void;
}

interface Group {
  readonly name: string;
  limit: number;
  inUse: number;
  /** In the order of their arrival. */
  readonly waiting: Set<Waiter>;
}

/**
 * Creates `initialCapacity` slots.
 * @param waitingLimit the maximum of waiting requests, of all groups together.
 */
export function createFairSlots(initialCapacity: number, waitingLimit = Number.POSITIVE_INFINITY): FairSlots {
  let capacity = initialCapacity;
  const groups = new Map<string, Group>();
  /** The groups that could use a free slot, in the order of their turns. */
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

  /** To be called after each change of a group. */
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
      // To the end of the turns.
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
