import {
  createFairSlots,
  type FairSlots,
  NoSlotError,
  type ReleaseSlot,
  type SlotRequest,
} from '../concurrency/fair-slots.ts';
import { TenantBusyError } from '../errors/index.ts';
import { isContention, isTimedOut } from './database-errors.ts';
import type { TenantClient, TenantTransaction } from './tenant-client.ts';

/**
 * Prisma must not be the first to give up waiting for a connection: nobody would hear of the connection's own refusal
 * then, which comes within TENANT_CONNECTION_TIMEOUT (60 s at most), and an unheard refusal ends the process. A change
 * that runs longer than 15 s, those before it included, is given up: so has the person who waits for it.
 */
export const changeLimits = { maxWait: 65_000, timeout: 15_000 } as const;

/**
 * However many changes there are, some of a tenant's connections (5, unless its plan says otherwise) stay for its other
 * requests, also while every change waits for somebody else's lock.
 */
const writesAtOnce = 3;
const waitingWrites = 300;

/** One change of identity runs while the next already holds its connection; more of them would only wait with one. */
const identityChangesAtOnce = 2;
const waitingIdentityChanges = 100;
const waitMilliseconds = 10_000;

/** A change takes a few milliseconds; a client that retries sooner than this finds the queue as long as before. */
const busyRetrySeconds = 1;

/** The slots of each client, which all of its changes share; a process has one client per tenant. */
const queues = new WeakMap<TenantClient, FairSlots>();

/**
 * Runs a change of a tenant's people, rights and their places in one transaction, and one such change at a time:
 * what it has read (seats taken, the last administrator, who holds a role, the tree of departments) is still true
 * when it commits. A company of under 50 people changes these so seldom that nobody notices the queue. Other changes
 * run side by side, in {@link withTransaction}.
 * @throws {TenantBusyError} when its turn doesn't come in time.
 */
export async function withIdentityLock<T>(
  db: TenantClient,
  change: (transaction: TenantTransaction) => Promise<T>,
  limits: { readonly maxWait: number; readonly timeout: number } = changeLimits,
): Promise<T> {
  const leave = await enterQueue(db, identityChanges);
  try {
    return await transactInTurn(
      db,
      (transaction) =>
        transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('cxg.identity', 0))`,
      change,
      limits,
    );
  } finally {
    leave();
  }
}

/** Two changes that wait for each other's rows: PostgreSQL ends one of them, which has done nothing then. */
const attempts = 3;

/**
 * Runs a change of anything but a tenant's identity in one transaction, beside any number of others, but beside none of
 * its identity: the rights that it was let in with last until it commits. What else it relies on it has to lock: the
 * rows that it changes, and those that it refers to. It is run again when PostgreSQL has ended it for the sake of
 * another one.
 * @throws {TenantBusyError} when it can't begin in time.
 */
export async function withTransaction<T>(
  db: TenantClient,
  change: (transaction: TenantTransaction) => Promise<T>,
): Promise<T> {
  const leave = await enterQueue(db, writes);
  const takeTurn = (transaction: TenantTransaction) =>
    transaction.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended('cxg.identity', 0))`;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transactInTurn(db, takeTurn, change, changeLimits);
      } catch (error) {
        if (attempt === attempts || !isContention(error)) throw error;
      }
    }
  } finally {
    leave();
  }
}

async function transactInTurn<T>(
  db: TenantClient,
  takeTurn: (transaction: TenantTransaction) => Promise<unknown>,
  change: (transaction: TenantTransaction) => Promise<T>,
  limits: { readonly maxWait: number; readonly timeout: number },
): Promise<T> {
  let hasTurn = false;
  try {
    return await db.$transaction(async (transaction) => {
      await takeTurn(transaction);
      hasTurn = true;
      return change(transaction);
    }, limits);
  } catch (error) {
    // The database is healthy, but busy with changes from other processes.
    if (!hasTurn && isTimedOut(error)) throw new TenantBusyError(busyRetrySeconds, { cause: error });
    throw error;
  }
}

const identityChanges = {
  group: 'identity changes',
  limit: identityChangesAtOnce,
  waitingLimit: waitingIdentityChanges,
  waitMilliseconds,
};
const writes = { group: 'writes', limit: writesAtOnce, waitingLimit: waitingWrites, waitMilliseconds };

async function enterQueue(db: TenantClient, request: SlotRequest): Promise<ReleaseSlot> {
  const queue = queues.get(db) ?? createFairSlots(writesAtOnce);
  queues.set(db, queue);
  try {
    return await queue.acquire(request);
  } catch (error) {
    throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
  }
}
