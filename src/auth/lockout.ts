/** The settings for locking accounts and addresses after failed sign-ins. */
export interface LockoutPolicy {
  /** Consecutive failures from one device, session or address that lock it out of an account. */
  readonly failureLimit: number;
  /** Failures that lock an address for all accounts; higher, because a whole company may share one. */
  readonly addressFailureLimit: number;
  /** The length of the first lock; each further one lasts twice as long. */
  readonly lockSeconds: number;
}

/** The longest that a lock lasts, and the longest that it is remembered after it has ended. */
export const longestLockSeconds = 86_400;

/**
 * All unknown devices are locked out of an account after this many times the failures that lock out one address.
 * Guessing from many addresses stays bounded (to 100 attempts by default, as in NIST SP 800-63B), and one address
 * alone doesn't have enough guesses to lock out the others.
 */
const strangersPerSource = 20;

/** An attempt whose process died counts as lost after this long: waiting, hashing and writing take less. */
export const lostAfterSeconds = 60;

/** The rule by which one kind of counter locks and forgets. */
export interface LockoutRule {
  readonly limit: number;
  readonly lockSeconds: number;
  /** All failures are forgotten after this long without another one. */
  readonly forgetAfterSeconds: number;
  /** Locks at the failure that reaches the limit, or at the first attempt after it. */
  readonly locksAt: 'limit' | 'next attempt';
  /** A success forgives everything or, since many people share an address, only one failure. */
  readonly successForgives: 'everything' | 'one failure';
}

/** The rule for each kind of counter. */
export interface LockoutRules {
  /** One account, tried from one device, session or address. */
  readonly source: LockoutRule;
  /** One account, tried from all unknown devices, wherever they are. */
  readonly strangers: LockoutRule;
  /** One address, whichever accounts it tries. */
  readonly address: LockoutRule;
}

/** Derives the rules from the operator's settings. */
export function lockoutRules({
  failureLimit,
  addressFailureLimit,
  lockSeconds,
}: LockoutPolicy): LockoutRules {
  const account = {
    lockSeconds,
    forgetAfterSeconds: longestLockSeconds,
    locksAt: 'limit',
    successForgives: 'everything',
  } as const;
  return {
    source: { ...account, limit: failureLimit },
    strangers: { ...account, limit: failureLimit * strangersPerSource },
    address: {
      limit: addressFailureLimit,
      lockSeconds,
      forgetAfterSeconds: lockSeconds,
      locksAt: 'next attempt',
      successForgives: 'one failure',
    },
  };
}

/** The recorded attempts on one account, or from one source or address. Times are milliseconds since 1970. */
export interface AttemptCounter {
  readonly failures: number;
  readonly lastFailureAt: number | null;
  /** Consecutive locks. */
  readonly lockCount: number;
  readonly lockedUntil: number | null;
  /** The time at which each attempt under way counts as lost. */
  readonly underWay: readonly number[];
}

/** A counter without any attempts. */
export const nothingTried: AttemptCounter = {
  failures: 0,
  lastFailureAt: null,
  lockCount: 0,
  lockedUntil: null,
  underWay: [],
};

/** The answer to a request to make an attempt now. */
export type Admission =
  /** Allowed; `counter` includes it as under way. */
  | { readonly kind: 'admitted'; readonly counter: AttemptCounter }
  /** Not allowed before `until`. `counter` has to be stored if this attempt began the lock, and is null otherwise. */
  | { readonly kind: 'locked'; readonly until: number; readonly counter: AttemptCounter | null }
  /** Undecided: the attempts under way could use up the limit, so their outcome decides. */
  | { readonly kind: 'wait' };

/** Asks to make an attempt that counts as lost at `lostAt`. */
export function admit(counter: AttemptCounter, rule: LockoutRule, now: number, lostAt: number): Admission {
  const known = remembered(counter, rule, now);
  if (isLocked(known, now)) return { kind: 'locked', until: known.lockedUntil, counter: null };
  if (known.failures >= rule.limit) {
    const locked = lock(known, rule, now);
    return { kind: 'locked', until: locked.lockedUntil, counter: locked };
  }
  if (known.failures + known.underWay.length >= rule.limit) return { kind: 'wait' };
  return { kind: 'admitted', counter: { ...known, underWay: [...known.underWay, lostAt] } };
}

/** The outcome of an attempt: `unknown` when it ended before the password was checked. */
export type AttemptOutcome = 'success' | 'failure' | 'unknown';

/** Ends the attempt that was admitted with `lostAt`. */
export function settle(
  counter: AttemptCounter,
  rule: LockoutRule,
  now: number,
  lostAt: number,
  outcome: AttemptOutcome,
): AttemptCounter {
  const known = remembered(counter, rule, now);
  const own = known.underWay.indexOf(lostAt);
  const ended = { ...known, underWay: known.underWay.filter((_lostAt, index) => index !== own) };
  switch (outcome) {
    case 'unknown':
      return ended;
    case 'success':
      return rule.successForgives === 'everything'
        ? { ...nothingTried, underWay: ended.underWay }
        : { ...ended, failures: Math.max(0, ended.failures - 1) };
    case 'failure': {
      const failed = { ...ended, failures: ended.failures + 1, lastFailureAt: now };
      const locks = rule.locksAt === 'limit' && failed.failures >= rule.limit && !isLocked(failed, now);
      return locks ? lock(failed, rule, now) : failed;
    }
  }
}

/** Returns whether the counter holds nothing that has to be kept. */
export function isForgotten({ failures, lockCount, lockedUntil, underWay }: AttemptCounter): boolean {
  return failures === 0 && lockCount === 0 && lockedUntil === null && underWay.length === 0;
}

function isLocked<T extends AttemptCounter>(
  counter: T,
  now: number,
): counter is T & { readonly lockedUntil: number } {
  return counter.lockedUntil !== null && counter.lockedUntil > now;
}

/** Returns the counter without what is forgotten by now. */
function remembered(counter: AttemptCounter, rule: LockoutRule, now: number): AttemptCounter {
  const { failures, lastFailureAt, lockedUntil, lockCount } = counter;
  const last = Math.max(lastFailureAt ?? 0, lockedUntil ?? 0);
  const quietSeconds = last === 0 ? 0 : (now - last) / 1_000;
  // Failures before the end of a lock don't count again after it.
  const paid = lockedUntil !== null && lockedUntil <= now && (lastFailureAt ?? 0) < lockedUntil;
  return {
    ...counter,
    failures: paid || quietSeconds > rule.forgetAfterSeconds ? 0 : failures,
    lockCount: quietSeconds > longestLockSeconds ? 0 : lockCount,
    underWay: counter.underWay.filter((lostAt) => lostAt > now),
  };
}

/** The maximum of PostgreSQL's `integer`. */
const maximumLockCount = 2_147_483_647;

function lock(
  counter: AttemptCounter,
  { lockSeconds }: LockoutRule,
  now: number,
): AttemptCounter & { lockedUntil: number } {
  const seconds = Math.min(lockSeconds * 2 ** Math.min(counter.lockCount, 20), longestLockSeconds);
  return {
    ...counter,
    lockCount: Math.min(counter.lockCount + 1, maximumLockCount),
    lockedUntil: now + seconds * 1_000,
  };
}
