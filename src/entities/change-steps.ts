import { entityAction } from '../audit/audit-actions.ts';
import { changesBetween } from '../audit/audit-entry.ts';
import { recordAudit } from '../audit/tenant-audit.ts';
import { type Actor, hasPermission, type Viewer } from '../auth/viewer.ts';
import { type EntityName, ownersOf } from '../catalogue/entities.ts';
import type { TenantTransaction } from '../db/tenant-client.ts';
import { reportTaken } from '../db/unique-values.ts';
import { message, NotFoundError, ValidationFailedError } from '../errors/index.ts';
import type { Entity, EntityAttempt, EntityChange, RowOf } from './entity.ts';
import { findRow } from './find-row.ts';
import { lockRows } from './locks.ts';
import { recordedRow } from './recorded-row.ts';
import { findMissingReferences, missingReferences } from './references.ts';
import { isVisible, neededReach, visibleRows } from './row-scope.ts';
import { takenMessage } from './taken-messages.ts';

/**
 * Loads a row that is to be changed, and keeps it from being changed by others before the transaction ends.
 * @throws {NotFoundError} when no such row exists for the viewer.
 * @throws {ForbiddenError} when the entity's guard refuses the change.
 */
export async function loadForChange<Name extends EntityName>(
  entity: Entity<Name>,
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  verb: EntityAttempt<Name>['verb'],
): Promise<RowOf<Name>> {
  const { name } = entity;
  const { viewer } = actor;
  const actions = neededReach(name, viewer, verb === 'update' ? 'write' : 'delete');
  const deletedAt = verb === 'restore' ? { not: null } : null;
  const where = { id, deletedAt, AND: actions.map((each) => visibleRows(name, viewer, each)) };
  const find = () => entity.delegate(transaction).findFirst({ where });
  // To wait for a row that others are changing would tell that there is one.
  const exists = ownersOf(name).length === 0 || (await find()) !== null;
  if (exists) await lockRows(transaction, name, [id], 'change');
  const row = exists ? await find() : null;
  if (!row) {
    const isLive = verb === 'restore' && (await isSeen(entity, transaction, viewer, id));
    throw new NotFoundError(name, isLive ? 'notFound.deleted' : 'notFound.any');
  }
  await entity.guard?.({ transaction, actor, verb, row });
  return row;
}

/** Returns whether a live row of that id is one that the viewer may read: what they may not, they hear nothing of. */
async function isSeen<Name extends EntityName>(
  entity: Entity<Name>,
  transaction: TenantTransaction,
  viewer: Viewer,
  id: string,
): Promise<boolean> {
  return (
    hasPermission(viewer, `${entity.resource}:read`) &&
    (await findRow(entity, transaction, viewer, id)) !== null
  );
}

/** Adds to the values of a change the columns that follow from them. */
export async function withDerived<Name extends EntityName>(
  { derive }: Entity<Name>,
  change: EntityChange<Name>,
): Promise<Partial<RowOf<Name>>> {
  return { ...change.changes, ...(await derive?.columns(change)) };
}

/**
 * Checks what a change would write, besides the form of each field.
 * @throws {ValidationFailedError} naming the fields that refer to rows that are not there, or break a rule of the entity.
 */
export async function assertSound<Name extends EntityName>(
  entity: Entity<Name>,
  transaction: TenantTransaction,
  actor: Actor,
  before: RowOf<Name> | null,
  changes: Partial<RowOf<Name>>,
): Promise<void> {
  assertStaysVisible(entity, actor, { ...before, ...changes });
  const referring = Object.entries(changes).filter(
    ([column, value]) => before === null || Reflect.get(before, column) !== value,
  );
  const missing = await findMissingReferences(
    transaction,
    actor.viewer,
    entity,
    Object.fromEntries(referring),
  );
  const problems = missingReferences(entity, missing);
  if (problems.length > 0) throw new ValidationFailedError(problems);
  const found = (await entity.check?.({ transaction, actor, before, changes })) ?? [];
  if (found.length > 0) throw new ValidationFailedError(found);
}

/**
 * Nobody writes a row into, or moves one to, where it would not exist for them.
 * @throws {ValidationFailedError} at the field that names its owner, or that its owner follows from.
 */
function assertStaysVisible<Name extends EntityName>(
  { name, derive }: Entity<Name>,
  { viewer }: Actor,
  values: Readonly<Record<string, unknown>>,
): void {
  if (isVisible(name, viewer, 'write', values)) return;
  throw new ValidationFailedError(
    (derive ? [derive.from] : ownersOf(name)).map((field) => ({
      path: ['input', field],
      message: message('field.ownerOutOfReach'),
    })),
  );
}

/**
 * Runs a write.
 * @param path where the fields stand in the mutation's arguments, or the id of the row that brings their values.
 * @throws {ConflictError} at the field whose value another live row has.
 */
export function reportTakenField<Name extends EntityName, T>(
  { unique }: Entity<Name>,
  path: readonly string[],
  write: () => Promise<T>,
): Promise<T> {
  return reportTaken((constraint) => {
    const field = unique[constraint];
    const isInput = path[0] === 'input';
    return {
      path: field !== undefined && isInput ? [...path, field] : path,
      message: takenMessage(field),
    };
  }, write);
}

/** Records a change of a row in its transaction. */
export async function recordChange<Name extends EntityName>(
  entity: Entity<Name>,
  transaction: TenantTransaction,
  actor: Actor,
  verb: 'create' | 'update' | 'delete' | 'restore',
  entityId: string,
  [before, after]: readonly [object | null, object],
  further: ReturnType<typeof changesBetween> = {},
): Promise<void> {
  await recordAudit(transaction, actor, {
    action: entityAction(entity.name, verb),
    entityType: entity.name,
    entityId,
    changes: {
      ...changesBetween(before && recordedRow(entity, before), recordedRow(entity, after)),
      ...further,
    },
  });
}
