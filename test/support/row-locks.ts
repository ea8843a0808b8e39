import { vi } from 'vitest';
import { z } from 'zod';
import { Prisma } from '../../src/generated/tenant/client.ts';
import type { TestTenant } from './fleet.ts';

const waitersSchema = z.tuple([z.object({ waiting: z.int() })]);

/** A row that nobody else can change. */
export interface RowLock {
  /** Resolves once so many statements of others wait for a lock in this database. */
  waiters(count: number): Promise<void>;
  /** Gives the row back. */
  release(): Promise<void>;
}

/** Locks the row of a user from outside of the application. */
export function lockUser(tenant: TestTenant, userId: string): Promise<RowLock> {
  return lockRow(tenant, Prisma.sql`SELECT id FROM sys.users WHERE id = ${userId}::uuid FOR UPDATE`);
}

/** Locks the row of a session. */
export function lockSession(tenant: TestTenant, sessionId: string): Promise<RowLock> {
  return lockRow(tenant, Prisma.sql`SELECT id FROM sys.sessions WHERE id = ${sessionId}::uuid FOR UPDATE`);
}

async function lockRow({ db }: TestTenant, statement: Prisma.Sql): Promise<RowLock> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let transaction: Promise<void> = Promise.resolve();
  await new Promise<void>((locked, failed) => {
    transaction = db.$transaction(
      async (session) => {
        await session.$queryRaw(statement);
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
