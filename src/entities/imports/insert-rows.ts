import { createInterface } from 'node:readline';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { type Actor, auditUserId } from '../../auth/viewer.ts';
import type { EntityName } from '../../catalogue/entities.ts';
import type { Column } from '../../db/rows/table.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import { tables } from '../../generated/tables.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { inLockOrder, lockRows } from '../locks.ts';
import { delegateOf } from '../references.ts';
import { visibleRows } from '../row-scope.ts';
import type { ImportDefinition } from './import-definition.ts';
import type { Spool } from './spool.ts';

/** What the rows of a file refer to is gone since they were checked. */
export class ReferenceGone extends Error {
  override readonly name = 'ReferenceGone';
}

const batchSchema = z.array(z.record(z.string(), z.unknown()));

/**
 * Inserts rows that have been checked, one statement for each batch.
 * @param rows one batch as JSON in each line.
 * @throws {ReferenceGone} when a row that they refer to has been deleted.
 */
export async function insertRows(
  definition: ImportDefinition,
  transaction: TenantTransaction,
  { viewer }: Actor,
  rows: Spool,
): Promise<void> {
  const { schema, name: table, columns } = tables[definition.model];
  const known: Readonly<Record<string, Column | undefined>> = columns;
  const author = auditUserId(viewer);
  const stored = (column: string) => known[column]?.name ?? column;
  const target = `"${schema}"."${table}"`;

  for await (const line of createInterface({ input: rows.read(), crlfDelay: Number.POSITIVE_INFINITY })) {
    const batch = batchSchema.parse(JSON.parse(line));
    await keepReferences(definition, transaction, viewer, batch);
    const names = [...new Set(batch.flatMap((row) => Object.keys(row)))].map(
      (column) => `"${stored(column)}"`,
    );
    const values = batch.map((row) =>
      Object.fromEntries([
        ['id', uuid()],
        ...Object.entries(row).map(([column, value]) => [stored(column), value]),
      ]),
    );
    const list = Prisma.raw(['"id"', ...names].join(', '));
    await transaction.$executeRaw`
      INSERT INTO ${Prisma.raw(target)} (${list}, "created_by", "updated_by")
      SELECT ${list}, ${author}::uuid, ${author}::uuid
      FROM jsonb_populate_recordset(NULL::${Prisma.raw(target)}, ${JSON.stringify(values)}::jsonb)`;
  }
}

/** Keeps what a batch refers to from being deleted before the transaction ends. */
async function keepReferences(
  { columns }: ImportDefinition,
  transaction: TenantTransaction,
  viewer: Actor['viewer'],
  batch: z.output<typeof batchSchema>,
): Promise<void> {
  const referring = columns.flatMap(({ column, field: { references } }) => {
    const ids = new Set(batch.flatMap((row) => (typeof row[column] === 'string' ? [row[column]] : [])));
    return references && ids.size > 0 ? [{ references, ids: [...ids] }] : [];
  });
  for (const { references, ids } of inLockOrder<{ references: EntityName; ids: string[] }>(
    referring,
    (each) => each.references,
  )) {
    await lockRows(transaction, references, ids, 'keep');
    const where = { id: { in: ids }, deletedAt: null, AND: [visibleRows(references, viewer, 'read')] };
    if ((await delegateOf(transaction, references).count({ where })) < ids.length) throw new ReferenceGone();
  }
}
