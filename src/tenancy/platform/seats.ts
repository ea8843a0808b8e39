import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type pg from 'pg';
import { z } from 'zod';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';

/** Connections at a time, over all tenants of a list: as many as one request may cost the database servers. */
const concurrency = 8;

/** A database that has not answered by then counts as silent. */
const answerMilliseconds = 2_000;

/** The number of unresponsive databases after which the rest of a list is skipped, because the manager is waiting. */
const listMilliseconds = 8_000;

/**
 * Counts the active users in each tenant's own database, over connections that are closed right after: the clients
 * that serve the tenants' own requests are not pushed out for a list.
 * @param openPool opens a pool on a tenant's database, under the budget of all of them.
 * @param onSilence hears of each database that does not answer.
 * @returns the counts by tenant key, without the tenants whose database does not answer or is not there yet.
 */
export async function countSeats(
  tenants: readonly TenantRow[],
  openPool: (tenant: TenantRow) => Promise<pg.Pool>,
  onSilence: (tenantKey: string, error: unknown) => void,
): Promise<ReadonlyMap<string, number>> {
  const giveUpAt = performance.now() + listMilliseconds;
  const seats = new Map<string, number>();
  await pMap(
    tenants.filter(({ status }) => status !== 'provisioning' && status !== 'failed'),
    async (tenant) => {
      try {
        if (performance.now() > giveUpAt) throw new Error('There was no time left to ask.');
        seats.set(tenant.tenantKey, await countActiveUsers(await openPool(tenant)));
      } catch (error) {
        onSilence(tenant.tenantKey, error);
      }
    },
    { concurrency },
  );
  return seats;
}

async function countActiveUsers(pool: pg.Pool): Promise<number> {
  const silence = new AbortController();
  try {
    const { rows } = await Promise.race([
      pool.query('SELECT count(*)::int AS seats FROM sys.users WHERE is_active AND deleted_at IS NULL'),
      delay(answerMilliseconds, undefined, { signal: silence.signal }).then(() => {
        throw new Error('The database has not answered in time.');
      }),
    ]);
    return z.tuple([z.object({ seats: z.int() })]).parse(rows)[0].seats;
  } finally {
    silence.abort();
    // Not awaited: who does not answer does not say good-bye either.
    pool.end().catch(() => undefined);
  }
}
