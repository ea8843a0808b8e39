import type { Prisma } from '../generated/tenant/client.ts';
import type { TenantClient } from './tenant-client.ts';

/** A transaction in a tenant's database. */
export type TenantTransaction = Prisma.TransactionClient;

/**
 * Prisma must not be the first to give up waiting for a connection: nobody would hear of the connection's own refusal
 * then, which comes within TENANT_CONNECTION_TIMEOUT (60 s at most), and an unheard refusal ends the process. A change
 * that runs longer than 15 s, those before it included, is given up: so has the person who waits for it.
 */
export const changeLimits = { maxWait: 65_000, timeout: 15_000 } as const;

/**
 * Runs a change of a tenant's people, rights and their places in one transaction, and one such change at a time:
 * what it has read (seats taken, the last administrator, who holds a role, the tree of departments) is still true
 * when it commits. A company of under 50 people changes these so seldom that nobody notices the queue.
 */
export function takeTurns<T>(
  db: TenantClient,
  change: (transaction: TenantTransaction) => Promise<T>,
  limits: { readonly maxWait: number; readonly timeout: number } = changeLimits,
): Promise<T> {
  return db.$transaction(async (transaction) => {
    await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('cxg.identity', 0))`;
    return change(transaction);
  }, limits);
}
