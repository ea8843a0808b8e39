/** When accounts and addresses that fail to sign in are locked, and for how long. */
export interface LockoutPolicy {
  /** Failures in a row, of one device or from one address, that lock an account to it. */
  readonly failureLimit: number;
  /** Failures that lock an address for all accounts: more, because a whole company may share one. */
  readonly addressFailureLimit: number;
  /** How long the first lock lasts; each further one lasts twice as long. */
  readonly lockSeconds: number;
}

/** No lock lasts longer, and none is remembered for longer after it has ended. */
export const longestLockSeconds = 86_400;

/**
 * An account is closed to all devices that it does not know after so many times the failures that close it to one
 * address: guesses that come from many addresses are still bounded (100 by default, as NIST SP 800-63B has it), and
 * nobody closes an account with the few guesses that one address has.
 */
const strangersPerSource = 20;

/** An attempt whose process died is given up for lost after so long: it waits, hashes and writes for less. */
export const lostAfterSeconds = 60;

/** When one kind of counter locks, and what it forgets. */
export interface LockoutRule {
  readonly limit: number;
  readonly lockSeconds: number;
  /** Failures are forgotten together after so long without another one. */
  readonly forgetAfterSeconds: number;
  /** Whether the failure that reaches the limit locks, or the first attempt after it. */
  readonly locksAt: 'limit' | 'next attempt';
  /** Whether a success forgives everything, or one failure: many people share an address. */
  readonly successForgives: 'everything' | 'one failure';
}

/** The rule for each kind of counter. */
export interface LockoutRules {
  /** One account, tried from one device or address. */
  readonly source: LockoutRule;
  /** One account, tried by all devices that it does not know, whose addresses are known. */
  readonly strangers: LockoutRule;
  /** One account, tried from where nobody knows: nothing less than the account can be locked. */
  readonly anywhere: LockoutRule;
  /** One address, whatever it tries. */
  readonly address: LockoutRule;
}

/** Derives the rules from what operators set. */
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
    anywhere: { ...account, limit: failureLimit },
    address: {
      limit: addressFailureLimit,
      lockSeconds,
      forgetAfterSeconds: lockSeconds,
      locksAt: 'next attempt',
      successForgives: 'one failure',
    },
  };
}

/** What is known of the attempts of one account, source or address. Times are milliseconds since 1970. */
export interface AttemptCounter {
  readonly failures: number;
  readonly lastFailureAt: number | null;
  /** Locks in a row. */
  readonly lockCount: number;
  readonly lockedUntil: number | null;
  /** One entry for each attempt under way: when it is given up for lost. */
  readonly underWay: readonly number[];
}

/** Nothing has been tried. */
export const nothingTried: AttemptCounter = {
  failures: 0,
  lastFailureAt: null,
  lockCount: 0,
  lockedUntil: null,
  underWay: [],
};

/** Whether an attempt may be made now. */
export type Admission =
  /** It may, and is under way in `counter`. */
  | { readonly kind: 'admitted'; readonly counter: AttemptCounter }
  /** It may not until then. `counter` is to be stored when this attempt has begun the lock. */
  | { readonly kind: 'locked'; readonly until: number; readonly counter: AttemptCounter | null }
  /** Those under way could use up the limit: what comes of them decides. */
  | { readonly kind: 'wait' };

/** Asks for an attempt that will be given up for lost at `lostAt`. */
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

/** What came of an attempt: `unknown` when it ended before the password was checked. */
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

/** Whether nothing is left in the counter that would have to be kept. */
export function isForgotten({ failures, lockCount, lockedUntil, underWay }: AttemptCounter): boolean {
  return failures === 0 && lockCount === 0 && lockedUntil === null && underWay.length === 0;
}

function isLocked<T extends AttemptCounter>(
  counter: T,
  now: number,
): counter is T & { readonly lockedUntil: number } {
  return counter.lockedUntil !== null && counter.lockedUntil > now;
}

/** What still counts. */
function remembered(counter: AttemptCounter, rule: LockoutRule, now: number): AttemptCounter {
  const { failures, lastFailureAt, lockedUntil, lockCount } = counter;
  const last = Math.max(lastFailureAt ?? 0, lockedUntil ?? 0);
  const quietSeconds = last === 0 ? 0 : (now - last) / 1_000;
  // Those before a lock have been paid for with it.
  const paid = lockedUntil !== null && lockedUntil <= now && (lastFailureAt ?? 0) < lockedUntil;
  return {
    ...counter,
    failures: paid || quietSeconds > rule.forgetAfterSeconds ? 0 : failures,
    lockCount: quietSeconds > longestLockSeconds ? 0 : lockCount,
    underWay: counter.underWay.filter((lostAt) => lostAt > now),
  };
}

/** A column of PostgreSQL's `integer` holds no more. */
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
