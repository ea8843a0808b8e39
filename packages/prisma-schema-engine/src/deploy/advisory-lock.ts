import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SchemaEngineError } from './errors.ts';

/** The statement by which Prisma's engine, native or not, keeps two migrations of one database apart. */
export const ADVISORY_LOCK_STATEMENT = 'SELECT pg_advisory_lock(72707369)';

const TRY_STATEMENT = 'SELECT pg_try_advisory_lock(72707369) AS acquired';
const RETRY_MILLISECONDS = 100;

/** The default wait for another process that is migrating the same database. */
export const LOCK_WAIT_MILLISECONDS = 60_000;

/** One session with the database: queries must not be spread over several. */
interface DatabaseSession {
  query(statement: string): Promise<{ rows: unknown[] }>;
}

const attempt = z.tuple([z.object({ acquired: z.boolean() })]);

/**
 * Waits until nobody migrates the database, and keeps everybody from it until the session ends.
 *
 * @throws SchemaEngineError P1002 when another process would not finish
 */
export function keepMigrationsOut(session: DatabaseSession): Promise<void> {
  return takeAdvisoryLock(session, LOCK_WAIT_MILLISECONDS);
}

/**
 * Takes Prisma's advisory lock for the session, or gives up after `waitMilliseconds`.
 *
 * It asks again and again instead of waiting inside one statement, because a waiting statement keeps its
 * snapshot, on which a `CREATE INDEX CONCURRENTLY` of the lock's holder would wait in turn.
 *
 * @throws SchemaEngineError P1002 when another session held the lock all the while
 */
export async function takeAdvisoryLock(session: DatabaseSession, waitMilliseconds: number): Promise<void> {
  const deadline = performance.now() + waitMilliseconds;
  for (;;) {
    const [{ acquired }] = attempt.parse((await session.query(TRY_STATEMENT)).rows);
    if (acquired) return;
    if (performance.now() >= deadline) {
      throw new SchemaEngineError(
        `Another process has been migrating this database for more than ${waitMilliseconds / 1000} seconds ` +
          '(it holds advisory lock 72707369). Nothing was changed; try again when it has finished.',
        'P1002',
      );
    }
    await sleep(RETRY_MILLISECONDS);
  }
}
