/** A group that shares with others: its members inside or waiting, and its recent use. */
export interface SharingGroup<Waiter> {
  readonly name: string;
  inside: number;
  /** In order of arrival. */
  readonly waiting: Set<Waiter>;
  /** The number of its recent requests; older ones count less. */
  readonly asked: number;
  /** Its recent use. */
  readonly used: number;
}

/** A waiting member of a group. */
export interface SharingWaiter {
  /** The time at which the wait began. */
  readonly since: number;
}

/** Groups that share a resource for which demand may exceed supply. */
export interface GroupShares<Waiter extends SharingWaiter> {
  /** Returns the group of that name; a new one if it is unknown. */
  of(name: string): SharingGroup<Waiter>;
  /** Counts a request. */
  ask(group: SharingGroup<Waiter>): void;
  /** Counts use; negative to correct an earlier count. */
  use(group: SharingGroup<Waiter>, amount: number): void;
  /** Must be called when a member of the group starts or stops waiting. */
  settle(group: SharingGroup<Waiter>): void;
  /**
   * Returns the next to be served. Groups that ask for or use much more than the others get what those leave, but at
   * least half of an equal share; among them, the one that used least comes first. All others are served in order of
   * arrival.
   * @param now in the unit of {@link SharingWaiter.since}.
   */
  next(now: number): Waiter | undefined;
  /** Returns the group with the most waiting members; the given one if it is among several. */
  fullest(group: SharingGroup<Waiter>): SharingGroup<Waiter>;
  /** The groups with waiting members. */
  waiting(): Iterable<SharingGroup<Waiter>>;
  /** Ages the groups' counts of requests and use: multiplies them by a factor. */
  fade(kept: number): void;
}

/** A group asks for much more than the others if it exceeds their average by this factor. */
const muchMore = 2;

/**
 * A group with more waiting than this, which arrived at a much higher rate than the others' requests, counts as a flood
 * at once: its count of recent requests lags behind, and until it caught up the flood would be served first come, first
 * served.
 */
const smallBurst = 10;

/** A group's guaranteed share, as a fraction of the average use. */
const sureShare = 0.5;

/**
 * The maximum credit of its guaranteed share that a group can save up, so that a new flood can't spend an old surplus;
 * in units of use.
 */
const mostSaved = 5;

/**
 * The maximum debt of a group, in units of use, because a request may take long through no fault of its own. With much
 * less, a group of long requests would get more than its guaranteed share.
 */
const mostOwed = 200;

/** Counts below this are treated as zero. */
const negligible = 0.1;

interface CountedGroup<Waiter> extends SharingGroup<Waiter> {
  asked: number;
  used: number;
  /** The rest of its guaranteed share; negative when it has used more. */
  saved: number;
  /** The total use when that was last counted. */
  savedAt: number;
}

/**
 * Creates unused shares.
 * @param memory the time for which requests and use count, in the unit of {@link SharingWaiter.since}.
 */
export function createGroupShares<Waiter extends SharingWaiter>(memory: number): GroupShares<Waiter> {
  const groups = new Map<string, CountedGroup<Waiter>>();
  const queues = new Set<CountedGroup<Waiter>>();
  /** For all groups. */
  let total = { asked: 0, used: 0 };
  /** Since the start. */
  let everUsed = 0;

  const isMuchMore = (own: number, all: number) => own * (groups.size - 1) > muchMore * (all - own);

  function asksForMuch(group: CountedGroup<Waiter>, now: number): boolean {
    const { asked, used } = group;
    return (
      savedBy(group) <= 0 &&
      (isMuchMore(asked, total.asked) || isMuchMore(used, total.used) || isFlood(group, now))
    );
  }

  /** Compares rates rather than queue lengths, which would count against a group that has been kept waiting. */
  function isFlood(group: CountedGroup<Waiter>, now: number): boolean {
    const { asked, waiting } = group;
    if (waiting.size <= smallBurst) return false;
    const rate = (waiting.size * memory) / Math.max(1, now - arrivalOf(group));
    return isMuchMore(rate, total.asked - asked + rate);
  }

  /** Every group is credited with its guaranteed share of all use. */
  function savedBy({ saved, savedAt }: CountedGroup<Waiter>): number {
    return Math.min(mostSaved, saved + (sureShare * (everUsed - savedAt)) / groups.size);
  }

  function isBefore(group: CountedGroup<Waiter>, other: CountedGroup<Waiter>, now: number): boolean {
    const asks = asksForMuch(group, now);
    if (asks !== asksForMuch(other, now)) return !asks;
    return asks ? group.used < other.used : arrivalOf(group) < arrivalOf(other);
  }

  function of(name: string): CountedGroup<Waiter> {
    const known = groups.get(name);
    if (known) return known;
    const waiting = new Set<Waiter>();
    const group = { name, inside: 0, waiting, asked: 0, used: 0, saved: 0, savedAt: everUsed };
    groups.set(name, group);
    return group;
  }

  return {
    of,
    ask({ name }) {
      of(name).asked++;
      total.asked++;
    },
    use({ name }, amount) {
      const group = of(name);
      const change = Math.max(amount, -group.used);
      group.used += change;
      total.used += change;
      everUsed += change;
      group.saved = Math.max(-mostOwed, savedBy(group) - change);
      group.savedAt = everUsed;
    },
    settle({ name }) {
      const group = of(name);
      if (group.waiting.size > 0) queues.add(group);
      else queues.delete(group);
    },
    next(now) {
      let first: CountedGroup<Waiter> | undefined;
      for (const group of queues) if (!first || isBefore(group, first, now)) first = group;
      return first?.waiting.values().next().value;
    },
    fullest(group) {
      let fullest = group;
      for (const other of queues) if (other.waiting.size > fullest.waiting.size) fullest = other;
      return fullest;
    },
    waiting: () => queues,
    fade(kept) {
      total = { asked: 0, used: 0 };
      for (const group of groups.values()) {
        group.asked *= kept;
        group.used *= kept;
        group.saved = savedBy(group) * kept;
        group.savedAt = everUsed;
        total.asked += group.asked;
        total.used += group.used;
        if (isForgotten(group)) groups.delete(group.name);
      }
    },
  };
}

function arrivalOf<Waiter extends SharingWaiter>({ waiting }: SharingGroup<Waiter>): number {
  return waiting.values().next().value?.since ?? Number.POSITIVE_INFINITY;
}

function isForgotten<Waiter>({ inside, waiting, asked, used }: SharingGroup<Waiter>): boolean {
  return inside === 0 && waiting.size === 0 && asked < negligible && used < negligible;
}
