/** A group that shares with others: those of it that are inside or wait, and what it has had lately. */
export interface SharingGroup<Waiter> {
  readonly name: string;
  inside: number;
  /** In the order of their arrival. */
  readonly waiting: Set<Waiter>;
  /** Its recent requests; older ones count less. */
  readonly asked: number;
  /** Its recent use. */
  readonly used: number;
}

/** Somebody of a group who waits. */
export interface SharingWaiter {
  /** When they began to wait. */
  readonly since: number;
}

/** Groups that share something of which there may be less than they ask for. */
export interface GroupShares<Waiter extends SharingWaiter> {
  /** The group of that name; a new one if nothing is known of it. */
  of(name: string): SharingGroup<Waiter>;
  /** Counts one that asks. */
  ask(group: SharingGroup<Waiter>): void;
  /** Counts what was used; negative, when less was used than has been counted. */
  use(group: SharingGroup<Waiter>, amount: number): void;
  /** To be called when somebody of the group starts or stops waiting. */
  settle(group: SharingGroup<Waiter>): void;
  /**
   * The one whose turn it is. Groups that ask for or use much more than the others get what those leave, and half of an
   * equal share in any case: of them, the one that used least is the next. All others come in the order of their
   * arrival.
   * @param now in the unit of {@link SharingWaiter.since}.
   */
  next(now: number): Waiter | undefined;
  /** Of those that have most waiting, the given group if it is one. */
  fullest(group: SharingGroup<Waiter>): SharingGroup<Waiter>;
  /** The groups of which somebody waits. */
  waiting(): Iterable<SharingGroup<Waiter>>;
  /** Forgets some of what groups have asked for and used: so much of it is kept. */
  fade(kept: number): void;
}

/** So many times what the others ask for on average is much more. */
const muchMore = 2;

/**
 * A group with more waiting than this, which have come at a much higher rate than the others' requests, asks for much at
 * once: its count of recent requests lags behind, and until it caught up a flood would be served first come, first served.
 */
const smallBurst = 10;

/** The guaranteed share of a group, of what all use on average. */
const sureShare = 0.5;

/** The most of its guaranteed share that a group can save up, so that a new flood can't spend an old surplus; a use. */
const mostSaved = 5;

/**
 * The most that a group has to pay back, a use: a request may take long through no fault of its own. Much less would let
 * a group of long requests have more than its guaranteed share.
 */
const mostOwed = 200;

/** So little is nothing. */
const negligible = 0.1;

interface CountedGroup<Waiter> extends SharingGroup<Waiter> {
  asked: number;
  used: number;
  /** What is left of its guaranteed share; negative, when it has used more. */
  saved: number;
  /** What all had used when that was counted. */
  savedAt: number;
}

/**
 * Creates shares of which nobody has used anything.
 * @param memory the time, in the unit of {@link SharingWaiter.since}, for which requests and use count.
 */
export function createGroupShares<Waiter extends SharingWaiter>(memory: number): GroupShares<Waiter> {
  const groups = new Map<string, CountedGroup<Waiter>>();
  const queues = new Set<CountedGroup<Waiter>>();
  /** Of all groups. */
  let total = { asked: 0, used: 0 };
  /** Since the beginning. */
  let everUsed = 0;

  const isMuchMore = (own: number, all: number) => own * (groups.size - 1) > muchMore * (all - own);

  function asksForMuch(group: CountedGroup<Waiter>, now: number): boolean {
    const { asked, used } = group;
    return (
      savedBy(group) <= 0 &&
      (isMuchMore(asked, total.asked) || isMuchMore(used, total.used) || isFlood(group, now))
    );
  }

  /** Compares rates, not queues: a long queue alone would count against a group that has been kept waiting. */
  function isFlood(group: CountedGroup<Waiter>, now: number): boolean {
    const { asked, waiting } = group;
    if (waiting.size <= smallBurst) return false;
    const rate = (waiting.size * memory) / Math.max(1, now - arrivalOf(group));
    return isMuchMore(rate, total.asked - asked + rate);
  }

  /** Every group saves its guaranteed share of whatever is used. */
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
