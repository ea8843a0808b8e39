import type { Viewer } from '../auth/viewer.ts';
import { type EntityName, entityOf, ownersOf } from '../catalogue/entities.ts';
import type { TenantDatabase } from '../db/tenant-client.ts';
import { type FieldProblem, message, nounOf } from '../errors/index.ts';
import type { Delegate, Entity, EntityRow } from './entity.ts';
import { inLockOrder, lockRows } from './locks.ts';
import { type EntityAction, visibleRows } from './row-scope.ts';

/** Returns the delegate of an entity that is known by its name alone. */
export function delegateOf(db: TenantDatabase, name: EntityName): Delegate<EntityRow> {
  return db[entityOf(name).model];
}

/** A row that a value refers to, and what it is locked for. */
interface Reference {
  readonly column: string;
  readonly references: EntityName;
  readonly id: string;
  readonly purpose: 'keep' | 'change';
}

/** Returns the columns whose rows `keep` doesn't find, one after the other: a transaction has one connection. */
async function columnsWithout(
  { columns }: Pick<Entity, 'columns'>,
  values: object,
  keep: (reference: Reference) => Promise<boolean>,
): Promise<string[]> {
  const referring = columns.flatMap(([column, { references, isLocking }]): Reference[] => {
    const id: unknown = Reflect.get(values, column);
    const purpose = isLocking ? 'change' : 'keep';
    return references !== null && typeof id === 'string' ? [{ column, references, id, purpose }] : [];
  });
  const missing: string[] = [];
  for (const reference of inLockOrder(referring, (each) => each.references)) {
    if (!(await keep(reference))) missing.push(reference.column);
  }
  return missing;
}

/**
 * Finds which of the rows that values refer to are not there, and keeps the others from being deleted before the
 * transaction ends.
 * @param values by column; columns that refer to nothing are left alone.
 * @returns the columns whose rows are gone, or don't exist for the viewer.
 */
export function findMissingReferences(
  transaction: TenantDatabase,
  viewer: Viewer,
  entity: Pick<Entity, 'columns'>,
  values: object,
): Promise<string[]> {
  return columnsWithout(entity, values, ({ references, id, purpose }) =>
    keepRow(transaction, viewer, references, id, 'read', purpose),
  );
}

/**
 * The same for values that a row has already: whoever sees the rows that they refer to, those that live stay.
 * @returns the columns whose rows are gone.
 */
export function findDeletedReferences(
  transaction: TenantDatabase,
  entity: Pick<Entity, 'columns'>,
  values: object,
): Promise<string[]> {
  return columnsWithout(entity, values, async ({ references, id, purpose }) => {
    await lockRows(transaction, references, [id], purpose);
    return (await delegateOf(transaction, references).count({ where: { id, deletedAt: null } })) > 0;
  });
}

/**
 * Keeps a live row from being deleted before the transaction ends.
 * @returns false when it is not there, or doesn't exist for the viewer.
 */
export async function keepRow(
  transaction: TenantDatabase,
  viewer: Viewer,
  name: EntityName,
  id: string,
  action: EntityAction,
  purpose: 'keep' | 'change' = 'keep',
): Promise<boolean> {
  const where = { id, deletedAt: null, AND: [visibleRows(name, viewer, action)] };
  const exists = async () => (await delegateOf(transaction, name).findFirst({ where })) !== null;
  // To wait for a row that others are changing would tell that there is one.
  if (ownersOf(name).length > 0 && !(await exists())) return false;
  await lockRows(transaction, name, [id], purpose);
  return exists();
}

/** Names the rows that are not there, at the fields that refer to them. */
export function missingReferences(
  { columns }: Pick<Entity, 'columns'>,
  missing: readonly string[],
): FieldProblem[] {
  return columns.flatMap(([column, { references }]) =>
    references !== null && missing.includes(column)
      ? [
          {
            path: ['input', column],
            message: message('field.noSuch', { type: nounOf(references) }),
          },
        ]
      : [],
  );
}

/** Names the rows without which a deleted row can't come back, below the argument that names that row. */
export function goneReferences(
  { columns }: Pick<Entity, 'columns'>,
  missing: readonly string[],
  path: readonly string[],
): FieldProblem[] {
  return columns.flatMap(([column, { references, isNullable }]) =>
    references !== null && !isNullable && missing.includes(column)
      ? [
          {
            path: [...path, column],
            message: message('field.referenceGone', { type: nounOf(references) }),
          },
        ]
      : [],
  );
}
