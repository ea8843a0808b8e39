import type { IdentityDatabase } from '../../db/identity-database.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import {
  type CounterColumns,
  counterAssignments,
  counterColumns,
  counterSelection,
  counterUpsert,
  parseCounter,
} from '../counter-rows.ts';
import {
  type AttemptCounter,
  type AttemptOutcome,
  admit,
  isForgotten,
  type LockoutRule,
  type LockoutRules,
  longestLockSeconds,
  lostAfterSeconds,
  nothingTried,
  settle,
} from '../lockout.ts';

/** The source of an attempt to use an account's password: what can be locked without locking out anybody else. */
export type AttemptSource =
  /** A device that the account has signed in from before. Strangers' guesses don't count against it. */
  | { readonly kind: 'device'; readonly id: string }
  /**
   * A session of the account, from whatever device and address. Its guesses count against it alone: whoever has stolen
   * it holds out nobody, and neither strangers nor neighbours hold out its owner.
   */
  | { readonly kind: 'session'; readonly id: string }
  /** An address (see `lockedNetwork`). */
  | { readonly kind: 'network'; readonly network: string }
  /** All unknown addresses, which count as one more address: nothing tells their clients apart. */
  | { readonly kind: 'unknown' };

/** The answer to a request to try the account's password. */
export type AccountAdmission =
  | { readonly kind: 'admitted'; readonly attempt: AccountAttempt }
  | { readonly kind: 'locked' }
  | { readonly kind: 'wait' };

/** An attempt under way, to be ended with {@link endAttempt}. */
export interface AccountAttempt {
  readonly accountId: string;
  readonly source: AttemptSource;
  readonly lostAt: number;
}

/** A lock that an attempt has caused. */
export interface NewLock {
  /** The party locked out: the one source, or all devices unknown to the account. */
  readonly lockedOut: 'source' | 'strangers';
  /** Consecutive locks, including this one. */
  readonly lockCount: number;
}

const accountColumns: CounterColumns = {
  failures: 'failed_login_attempts',
  lastFailureAt: 'last_failed_login_at',
  lockCount: 'lock_count',
  lockedUntil: 'locked_until',
  underWay: 'sign_ins_under_way',
};

/** Asks to make an attempt. Call it in a transaction that ends before the password is checked. */
export async function beginAttempt(
  identity: IdentityDatabase,
  accountId: string,
  source: AttemptSource,
  rules: LockoutRules,
): Promise<AccountAdmission> {
  const counters = await lockCounters(identity, accountId, source, rules);
  if (!counters) return { kind: 'locked' };
  const { held, now } = counters;
  const lostAt = now + lostAfterSeconds * 1_000;
  const answers = held.map((one) => ({ one, answer: admit(one.counter, one.rule, now, lostAt) }));
  if (answers.some(({ answer }) => answer.kind === 'locked')) {
    for (const { one, answer } of answers) {
      if (answer.kind === 'locked' && answer.counter) await one.write(answer.counter);
    }
    return { kind: 'locked' };
  }
  if (answers.some(({ answer }) => answer.kind === 'wait')) return { kind: 'wait' };
  for (const { one, answer } of answers) {
    if (answer.kind === 'admitted') await one.write(answer.counter);
  }
  return { kind: 'admitted', attempt: { accountId, source, lostAt } };
}

/** Ends an attempt. Call it in a transaction. @returns the locks that it has caused. */
export async function endAttempt(
  identity: IdentityDatabase,
  { accountId, source, lostAt }: AccountAttempt,
  rules: LockoutRules,
  outcome: AttemptOutcome,
): Promise<NewLock[]> {
  const counters = await lockCounters(identity, accountId, source, rules);
  if (!counters) return [];
  const locks: NewLock[] = [];
  for (const { counter, rule, locksOut, write } of counters.held) {
    const after = settle(counter, rule, counters.now, lostAt, outcome);
    await write(after);
    if (
      after.lockedUntil !== null &&
      after.lockedUntil > counters.now &&
      after.lockedUntil !== counter.lockedUntil
    ) {
      locks.push({ lockedOut: locksOut, lockCount: after.lockCount });
    }
  }
  // Failures may come from anywhere: this keeps the table from growing without bound.
  if (outcome === 'failure') await forgetOldSources(identity, accountId);
  return locks;
}

/** Unlocks an account for everybody. Call it in a transaction. @returns whether there was anything to forget. */
export async function forgetAttempts({ sql, tables }: IdentityDatabase, accountId: string): Promise<boolean> {
  // The account before its sources, as attempts lock them: otherwise the two could wait for each other.
  await sql.$queryRaw`SELECT 1 FROM ${tables.accounts} WHERE id = ${accountId}::uuid FOR NO KEY UPDATE`;
  const sources = await sql.$executeRaw`
    DELETE FROM ${tables.signInSources} WHERE account_id = ${accountId}::uuid`;
  const accounts = await sql.$executeRaw`
    UPDATE ${tables.accounts}
    SET failed_login_attempts = 0, last_failed_login_at = NULL, lock_count = 0, locked_until = NULL
    WHERE id = ${accountId}::uuid
      AND (failed_login_attempts > 0 OR lock_count > 0 OR locked_until IS NOT NULL)`;
  return sources + accounts > 0;
}

/** One of the counters that an attempt is checked against. */
interface HeldCounter {
  readonly counter: AttemptCounter;
  readonly rule: LockoutRule;
  readonly locksOut: NewLock['lockedOut'];
  write(counter: AttemptCounter): Promise<void>;
}

/** Reads the counters that an attempt is checked against, and locks the account's row: its attempts take turns. */
async function lockCounters(
  identity: IdentityDatabase,
  accountId: string,
  source: AttemptSource,
  rules: LockoutRules,
): Promise<{ held: readonly HeldCounter[]; now: number } | null> {
  const { sql, tables } = identity;
  const account = parseCounter(
    await sql.$queryRaw`
      SELECT ${counterSelection(accountColumns)} FROM ${tables.accounts}
      WHERE id = ${accountId}::uuid AND deleted_at IS NULL FOR NO KEY UPDATE`,
  );
  if (!account) return null;
  const strangers: HeldCounter = {
    counter: account.counter,
    rule: rules.strangers,
    locksOut: 'strangers',
    async write(counter) {
      await sql.$executeRaw`
        UPDATE ${tables.accounts} SET ${counterAssignments(accountColumns, counter)}
        WHERE id = ${accountId}::uuid`;
    },
  };
  const ofSource = async (name: string): Promise<HeldCounter> => ({
    counter: await readSource(identity, accountId, name),
    rule: rules.source,
    locksOut: 'source',
    write: (counter) => writeSource(identity, accountId, name, counter),
  });
  const { now } = account;
  switch (source.kind) {
    case 'device':
      return { held: [await ofSource(`device ${source.id}`)], now };
    case 'session':
      return { held: [await ofSource(`session ${source.id}`)], now };
    case 'network':
      return { held: [await ofSource(`network ${source.network}`), strangers], now };
    case 'unknown':
      return { held: [await ofSource('unknown'), strangers], now };
  }
}

async function readSource(
  { sql, tables }: IdentityDatabase,
  accountId: string,
  name: string,
): Promise<AttemptCounter> {
  const row = parseCounter(
    await sql.$queryRaw`
      SELECT ${counterSelection(counterColumns)} FROM ${tables.signInSources}
      WHERE account_id = ${accountId}::uuid AND source = ${name}`,
  );
  return row?.counter ?? nothingTried;
}

async function writeSource(
  { sql, tables }: IdentityDatabase,
  accountId: string,
  name: string,
  counter: AttemptCounter,
): Promise<void> {
  if (isForgotten(counter)) {
    await sql.$executeRaw`
      DELETE FROM ${tables.signInSources} WHERE account_id = ${accountId}::uuid AND source = ${name}`;
    return;
  }
  const key = [
    { column: 'account_id', value: Prisma.sql`${accountId}::uuid` },
    { column: 'source', value: Prisma.sql`${name}` },
  ];
  await sql.$executeRaw`
    INSERT INTO ${tables.signInSources} ${counterUpsert(key, counterColumns, counter)}`;
}

/** Removes sources whose failures and locks are forgotten, and attempts that were lost with their process. */
async function forgetOldSources({ sql, tables }: IdentityDatabase, accountId: string): Promise<void> {
  await sql.$executeRaw`
    DELETE FROM ${tables.signInSources}
    WHERE account_id = ${accountId}::uuid
      AND GREATEST(last_failure_at, locked_until, (SELECT max(lost_at) FROM unnest(under_way) AS lost_at))
        < now() - make_interval(secs => ${longestLockSeconds})`;
}
