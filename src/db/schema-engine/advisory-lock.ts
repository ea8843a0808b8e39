import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import { SchemaEngineError } from './errors.ts';

/** The statement by which Prisma's engine, native or not, keeps two migrations of one database apart. */
export const ADVISORY_LOCK_STATEMENT = 'SELECT pg_advisory_lock(72707369)';

const TRY_STATEMENT = 'SELECT pg_try_advisory_lock(72707369) AS acquired';
const RETRY_MILLISECONDS = 100;

const attempt = z.tuple([z.object({ acquired: z.boolean() })]);

/**
 * Takes Prisma's advisory lock for the pool's session, or gives up after `waitMilliseconds`.
 *
 * It asks again and again instead of waiting inside one statement, because a waiting statement keeps its
 * snapshot, on which a `CREATE INDEX CONCURRENTLY` of the lock's holder would wait in turn.
 *
 * @throws SchemaEngineError P1002 when another session held the lock all the while
 */
export async function takeAdvisoryLock(pool: pg.Pool, waitMilliseconds: number): Promise<void> {
  const deadline = performance.now() + waitMilliseconds;
  for (;;) {
    const [{ acquired }] = attempt.parse((await pool.query(TRY_STATEMENT)).rows);
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
