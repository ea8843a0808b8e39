import { z } from 'zod';
import { ConnectionRefusal } from '../db/connections/connection-refusal.ts';
import { createTenantConnections, type TenantTarget } from '../db/connections/tenant-connections.ts';
import { changeLimits } from '../db/identity-lock.ts';
import type { ConnectionLimits } from '../db/pool-settings.ts';
import { openTenantClient, type TenantClient } from '../db/tenant-client.ts';

/** A pooler may have to connect to the server first. */
const timeoutSeconds = 10;

const pageSize = 20;

const actingSchema = z.tuple([z.object({ acting: z.string() })]);

/**
 * Does what servers do with a tenant's database, before any request goes there: opens a connection with their
 * settings, which also gives the tenant's role its limits, reads a page of users, and
 * runs a transaction.
 * @param acceptsUnmarked for a place that is proven to be the tenant's in another way, if it may have no marker yet.
 * @returns the role that sessions act as.
 * @throws what an operator has to know.
 */
export async function checkServing(
  target: TenantTarget,
  limits: ConnectionLimits,
  { acceptsUnmarked = false }: { readonly acceptsUnmarked?: boolean } = {},
): Promise<string> {
  const connections = createTenantConnections({
    budget: 1,
    timeoutSeconds,
    limitsBelongTo: 'role',
    acceptsUnmarked,
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  let db: TenantClient | undefined;
  try {
    ({ client: db } = await openTenantClient(target, limits, connections));
    await readPage(db);
    return await db.$transaction(async (transaction) => {
      const rows = await transaction.$queryRaw`SELECT current_user::text AS acting`;
      return actingSchema.parse(rows)[0].acting;
    }, changeLimits);
  } catch (error) {
    throw error instanceof ConnectionRefusal ? (error.failure.cause ?? error) : error;
  } finally {
    await db?.$disconnect();
  }
}

async function readPage(db: TenantClient): Promise<void> {
  // Few columns: whether all are there yet is for migrations to say.
  await db.user.findMany({
    where: { deletedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: pageSize,
    select: { id: true, department: { select: { name: true } }, role: { select: { name: true } } },
  });
}
