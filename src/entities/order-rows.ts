import { auditUserId } from '../auth/viewer.ts';
import type { EntityName } from '../catalogue/entities.ts';
import { message, ValidationFailedError } from '../errors/index.ts';
import { recordChange } from './change-steps.ts';
import type { EntityRow, RowOf } from './entity.ts';
import type { EntityWork } from './entity-work.ts';
import { lockRows } from './locks.ts';

/** An entity whose rows have a place among others. */
type OrderedEntity = {
  [Name in EntityName]: RowOf<Name> extends { readonly position: number } ? Name : never;
}[EntityName];

/**
 * Gives rows the positions in which they are named.
 * @param among the condition for all rows that are to be named, in Prisma's words.
 * @param argument that names them.
 * @param keepComplete keeps further rows from coming to them before the transaction ends.
 * @throws {ValidationFailedError} unless each of the live rows is named exactly once.
 */
export async function orderRows<Name extends OrderedEntity>(
  { entity, transaction, actor }: EntityWork<Name>,
  among: object,
  ids: readonly string[],
  argument: string,
  keepComplete: () => Promise<void> = async () => {},
): Promise<void> {
  await lockRows(transaction, entity.name, ids, 'change');
  await keepComplete();
  const rows = await entity.delegate(transaction).findMany({ where: { ...among, deletedAt: null } });
  if (!isEachOnce(rows, ids)) {
    throw new ValidationFailedError([{ path: [argument], message: message('field.notEachOnce') }]);
  }
  for (const row of rows) {
    const position = ids.indexOf(row.id);
    if (Reflect.get(row, 'position') === position) continue;
    const data = { position, updatedBy: auditUserId(actor.viewer) };
    await entity.delegate(transaction).update({ where: { id: row.id }, data });
    await recordChange(entity, transaction, actor, 'update', row.id, [row, { ...row, position }]);
  }
}

function isEachOnce(rows: readonly EntityRow[], ids: readonly string[]): boolean {
  const named = new Set(ids);
  return named.size === ids.length && rows.length === ids.length && rows.every(({ id }) => named.has(id));
}
