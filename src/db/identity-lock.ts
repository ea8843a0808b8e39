import { setTimeout as delay } from 'node:timers/promises';
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
 * Prisma must not be the first to time out on a connection: the connection's own refusal, which comes within
 * TENANT_CONNECTION_TIMEOUT (60 s at most), would then be an unhandled rejection, which ends the process. A change that
 * takes longer than 15 s, including the changes before it, is aborted: its user has given up as well.
 */
export const changeLimits = { maxWait: 65_000, timeout: 15_000 } as const;

/**
 * However many changes there are, some of a tenant's connections (5, unless its plan says otherwise) remain for its
 * other requests, even while every change waits for another session's lock.
 */
const writesAtOnce = 3;
const waitingWrites = 300;

/**
 * One change of identity runs while the next already holds its connection; more would only hold a connection while
 * waiting.
 */
const identityChangesAtOnce = 2;
const waitingIdentityChanges = 100;
const waitMilliseconds = 10_000;

/** A change takes a few milliseconds; a client that retries sooner than this would find the queue as long as before. */
const busyRetrySeconds = 1;

/** The slots of each client, which all of its changes share; a process has one client per tenant. */
const queues = new WeakMap<TenantClient, FairSlots>();

/**
 * Runs a change of a tenant's users, rights and departments in one transaction, one such change at a time, so that what
 * it has read (seats taken, the last administrator, the holders of a role, the tree of departments) is still true when
 * it commits. A company of under 50 people changes these so rarely that nobody notices the queue. Other changes run
 * concurrently, in {@link withTransaction}.
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

/** The number of attempts: when two changes deadlock, PostgreSQL aborts one of them, which has then changed nothing. */
const attempts = 3;

/** Repeated at once, a change could lock its rows before the one that waited for them wakes up, and deadlock again. */
const retryMilliseconds = 20;

/**
 * Runs any other change in one transaction, concurrently with other changes but not with changes of identity, so that
 * the rights with which it was admitted hold until it commits. It must lock everything else that it relies on: the rows
 * that it changes, and those that it refers to. It is retried when PostgreSQL has aborted it in favor of another one.
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
        await delay(retryMilliseconds * (1 + Math.random()));
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
