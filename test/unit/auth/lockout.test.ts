import { describe, expect, it } from 'vitest';
import {
  type AttemptCounter,
  type AttemptOutcome,
  admit,
  isForgotten,
  type LockoutRule,
  lockoutRules,
  nothingTried,
  settle,
} from '../../../src/auth/lockout.ts';

const minute = 60_000;
const day = 1_440 * minute;
const now = Date.UTC(2026, 10, 27);
const rules = lockoutRules({ failureLimit: 5, addressFailureLimit: 50, lockSeconds: 900 });

/** Runs attempts one after the other; throws when one is not admitted. */
function tryTimes(
  counter: AttemptCounter,
  rule: LockoutRule,
  times: number,
  outcome: AttemptOutcome = 'failure',
  at = now,
): AttemptCounter {
  let current = counter;
  for (let turn = 0; turn < times; turn++) {
    const answer = admit(current, rule, at, at + minute);
    if (answer.kind !== 'admitted') throw new Error(`Attempt ${turn + 1} has to ${answer.kind}.`);
    current = settle(answer.counter, rule, at, at + minute, outcome);
  }
  return current;
}

const lockedMinutes = ({ lockedUntil }: AttemptCounter) => ((lockedUntil ?? now) - now) / minute;
const kindOf = (counter: AttemptCounter, rule: LockoutRule, at = now) =>
  admit(counter, rule, at, at + minute).kind;

describe('an attempt', () => {
  it('is no failure while it is under way: the next waits when all together could reach the limit', () => {
    let counter = nothingTried;
    for (let turn = 0; turn < 5; turn++) {
      const answer = admit(counter, rules.source, now, now + minute + turn);
      if (answer.kind !== 'admitted') throw new Error(answer.kind);
      counter = answer.counter;
    }
    expect(counter).toMatchObject({ failures: 0, lockedUntil: null });
    expect(kindOf(counter, rules.source)).toBe('wait');
    expect(kindOf(settle(counter, rules.source, now, now + minute, 'success'), rules.source)).toBe(
      'admitted',
    );
    expect(kindOf(settle(counter, rules.source, now, now + minute, 'failure'), rules.source)).toBe('wait');
  });

  it('that its process has lost is forgotten, and is no failure', () => {
    const answer = admit({ ...nothingTried, failures: 4 }, rules.source, now, now + minute);
    if (answer.kind !== 'admitted') throw new Error(answer.kind);
    expect(kindOf(answer.counter, rules.source, now + minute - 1)).toBe('wait');
    expect(kindOf(answer.counter, rules.source, now + minute)).toBe('admitted');
  });

  it('that ends unknown counts for nothing', () => {
    expect(tryTimes(nothingTried, rules.source, 20, 'unknown')).toEqual(nothingTried);
  });

  it('that succeeds forgives an account everything, and an address one failure', () => {
    const failed = {
      ...nothingTried,
      failures: 4,
      lastFailureAt: now - minute,
      lockCount: 3,
      lockedUntil: now - day,
    };
    expect(tryTimes(failed, rules.source, 1, 'success')).toEqual(nothingTried);
    expect(tryTimes(failed, rules.address, 1, 'success')).toMatchObject({ failures: 3, lockCount: 3 });
  });
});

describe('a lock', () => {
  it('comes with the failure that reaches the limit, and for an address with the next attempt', () => {
    expect(lockedMinutes(tryTimes(nothingTried, rules.source, 4))).toBe(0);
    expect(lockedMinutes(tryTimes(nothingTried, rules.source, 5))).toBe(15);
    const address = tryTimes(nothingTried, rules.address, 50);
    expect(lockedMinutes(address)).toBe(0);
    expect(admit(address, rules.address, now, now)).toMatchObject({
      kind: 'locked',
      until: now + 15 * minute,
    });
  });

  it('is twice as long each time in a row, and a day at most', () => {
    const minutes = [];
    let counter = nothingTried;
    let at = now;
    for (let turn = 0; turn < 9; turn++) {
      counter = tryTimes(counter, rules.source, 5, 'failure', at);
      minutes.push(((counter.lockedUntil ?? 0) - at) / minute);
      at = (counter.lockedUntil ?? 0) + 1;
    }
    expect(minutes).toEqual([15, 30, 60, 120, 240, 480, 960, 1_440, 1_440]);
  });

  it.each([
    ['400 days', 400 * day],
    ['a day and a second', day + 1_000],
  ])('that ended %s ago is forgotten, with the failures before it', (_what, ago) => {
    for (const rule of Object.values(rules)) {
      const old = { ...nothingTried, failures: 4, lockCount: 12, lockedUntil: now - ago };
      expect(kindOf(old, rule)).toBe('admitted');
      const again = tryTimes(old, rule, rule.limit);
      const answer = admit(again, rule, now, now);
      expect(answer).toMatchObject({ kind: 'locked', until: now + 15 * minute });
    }
  });

  it('that ended within a day makes the next one longer', () => {
    const recent = { ...nothingTried, lockCount: 2, lockedUntil: now - day + minute };
    expect(lockedMinutes(tryTimes(recent, rules.source, 5))).toBe(60);
  });

  it('begins with all failures anew when it has ended', () => {
    const locked = {
      ...tryTimes(nothingTried, rules.source, 5),
      lockedUntil: now - 1,
      lastFailureAt: now - minute,
    };
    expect(lockedMinutes(tryTimes(locked, rules.source, 4))).toBeLessThanOrEqual(0);
    expect(kindOf(tryTimes(locked, rules.source, 4), rules.source)).toBe('admitted');
  });

  it.each([2_000_000_000, 2_147_483_647])('number %i still fits its column', (lockCount) => {
    const locked = tryTimes({ ...nothingTried, lockCount, lastFailureAt: now }, rules.source, 5);
    expect(locked.lockCount).toBeLessThanOrEqual(2_147_483_647);
    expect(lockedMinutes(locked)).toBe(1_440);
  });
});

describe('failures', () => {
  it('are forgotten after a quiet day by accounts, and after the first lock’s length by addresses', () => {
    const old = (ago: number, failures: number) => ({ ...nothingTried, failures, lastFailureAt: now - ago });
    expect(tryTimes(old(day + 1_000, 4), rules.source, 1)).toMatchObject({ failures: 1, lockedUntil: null });
    expect(lockedMinutes(tryTimes(old(day - minute, 4), rules.source, 1))).toBe(15);
    expect(kindOf(old(16 * minute, 50), rules.address)).toBe('admitted');
    expect(kindOf(old(14 * minute, 50), rules.address)).toBe('locked');
  });

  it('leave nothing behind when they are forgiven', () => {
    expect(isForgotten(tryTimes(tryTimes(nothingTried, rules.source, 3), rules.source, 1, 'success'))).toBe(
      true,
    );
  });
});

/** The number of guesses that attackers get, and of requests that they need per day, as in docs/operations.md. */
describe('what attackers get', () => {
  /** Counts one source's guesses within the first day, each made as soon as it is admitted. */
  function guessesInADay(rule: LockoutRule): number {
    let counter = nothingTried;
    let guesses = 0;
    for (let at = now; at < now + day; ) {
      const answer = admit(counter, rule, at, at + minute);
      if (answer.kind === 'locked') {
        counter = answer.counter ?? counter;
        at = answer.until;
        continue;
      }
      if (answer.kind !== 'admitted') throw new Error(answer.kind);
      counter = settle(answer.counter, rule, at, at + minute, 'failure');
      guesses++;
    }
    return guesses;
  }

  it('from one address is 35 guesses on an account in the first day', () => {
    expect(guessesInADay(rules.source)).toBe(35);
  });

  it('from any number of addresses is 700 guesses on an account in the first day, and then 100 a day', () => {
    expect(guessesInADay(rules.strangers)).toBe(700);
    expect(rules.strangers.limit).toBe(100);
  });

  it('with 250 requests closes no account to strangers but two, let alone fifty', () => {
    expect(Math.floor(250 / rules.strangers.limit)).toBe(2);
    expect(50 * rules.strangers.limit).toBe(5_000);
  });
});
