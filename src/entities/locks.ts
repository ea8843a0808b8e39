import { type EntityName, entities, entityOf } from '../catalogue/entities.ts';
import type { TenantDatabase } from '../db/tenant-client.ts';
import { tables } from '../generated/tables.ts';
import { Prisma } from '../generated/tenant/client.ts';

/**
 * Puts what names entities into the order in which a transaction locks their rows, so that no two wait for each other:
 * rows that refer before those that they refer to, which the catalogue has the other way round.
 */
export function inLockOrder<T>(items: readonly T[], nameOf: (item: T) => EntityName): T[] {
  const placeOf = (item: T) => entities.findIndex(({ name }) => name === nameOf(item));
  return [...items].sort((one, other) => placeOf(other) - placeOf(one));
}

/**
 * Locks rows for the rest of a transaction. `change` is for one that is about to be written; `keep` lets others read and
 * keep it as well, but not change or delete it, while something is written that refers to it.
 */
export async function lockRows(
  transaction: TenantDatabase,
  name: EntityName,
  ids: readonly string[],
  purpose: 'change' | 'keep',
): Promise<void> {
  if (ids.length === 0) return;
  const { schema, name: table } = tables[entityOf(name).model];
  // In one order, so that two transactions don't wait for each other.
  await transaction.$queryRaw`
    SELECT 1 FROM ${Prisma.raw(`"${schema}"."${table}"`)} WHERE id = ANY (${[...ids]}::uuid[]) ORDER BY id
    ${purpose === 'change' ? Prisma.sql`FOR NO KEY UPDATE` : Prisma.sql`FOR SHARE`}`;
}
