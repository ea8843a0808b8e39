import { vi } from 'vitest';
import { z } from 'zod';
import type { TenantTransaction } from '../../src/db/tenant-client.ts';
import type { TestTenant } from './fleet.ts';

const waitersSchema = z.tuple([z.object({ waiting: z.int() })]);

/** Something in a tenant's database that nobody else can have. */
export interface HeldLock {
  /** Resolves once so many statements of others wait for a lock in this database. */
  waiters(count: number): Promise<void>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** Locks the row of a user from outside of the application. */
export function lockUser(tenant: TestTenant, userId: string): Promise<HeldLock> {
  return hold(
    tenant,
    (session) => session.$queryRaw`SELECT id FROM sys.users WHERE id = ${userId}::uuid FOR UPDATE`,
  );
}

/** Locks the row of a session. */
export function lockSession(tenant: TestTenant, sessionId: string): Promise<HeldLock> {
  return hold(
    tenant,
    (session) => session.$queryRaw`SELECT id FROM sys.sessions WHERE id = ${sessionId}::uuid FOR UPDATE`,
  );
}

/** Locks a row of a table, e.g. of `sys.branches`. */
export function lockRow(tenant: TestTenant, table: string, id: string): Promise<HeldLock> {
  return hold(tenant, (session) =>
    session.$queryRawUnsafe(`SELECT id FROM ${table} WHERE id = $1::uuid FOR UPDATE`, id),
  );
}

/** Locks all departments, so that nobody can read them either. */
export function lockDepartments(tenant: TestTenant): Promise<HeldLock> {
  return hold(tenant, (session) => session.$executeRaw`LOCK TABLE sys.departments IN ACCESS EXCLUSIVE MODE`);
}

/** Keeps everybody from writing to a table, e.g. `crm.customers`; it can be read. */
export function lockWrites(tenant: TestTenant, table: string): Promise<HeldLock> {
  return hold(tenant, (session) => session.$executeRawUnsafe(`LOCK TABLE ${table} IN SHARE MODE`));
}

/** Takes the turn in which the application changes a tenant's people: changes that are sent now meet when it is given back. */
export function holdTurn(tenant: TestTenant): Promise<HeldLock> {
  return hold(
    tenant,
    (session) => session.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('cxg.identity', 0))`,
  );
}

async function hold(
  { db }: TestTenant,
  lock: (session: TenantTransaction) => Promise<unknown>,
): Promise<HeldLock> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let transaction: Promise<void> = Promise.resolve();
  await new Promise<void>((locked, failed) => {
    transaction = db.$transaction(
      async (session) => {
        await lock(session);
        locked();
        await released;
      },
      { timeout: 14_000 },
    );
    transaction.catch(failed);
  });
  return {
    async waiters(count) {
      await vi.waitFor(
        async () => {
          const [{ waiting }] = waitersSchema.parse(
            await db.$queryRaw`
              SELECT count(*)::int AS waiting FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          if (waiting !== count) throw new Error(`${waiting} instead of ${count} statements wait for a lock`);
        },
        { timeout: 10_000, interval: 20 },
      );
    },
    async release() {
      release();
      await transaction;
    },
  };
}

/**
 * Sends changes so that each has been let in before any of them is made; they are made in the order given.
 * @param held what they wait for: the turn, unless told.
 * @returns their answers in that order.
 */
export async function meetInTurn<Answer>(
  tenant: TestTenant,
  changes: readonly (() => Promise<Answer>)[],
  held: Promise<HeldLock> = holdTurn(tenant),
): Promise<Answer[]> {
  const turn = await held;
  const answers: Promise<Answer>[] = [];
  try {
    for (const send of changes) {
      answers.push(send());
      // The turn goes to whoever has waited longest.
      await turn.waiters(answers.length);
    }
  } finally {
    await turn.release();
  }
  return Promise.all(answers);
}
