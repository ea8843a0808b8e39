import { type AuditChanges, changesBetween } from '../audit/audit-entry.ts';
import { movedField } from '../audit/moved-field.ts';
import { type Actor, auditUserId, hasPermission } from '../auth/viewer.ts';
import type { TenantTransaction } from '../db/tenant-client.ts';
import { ConflictError, message, nounOf, ValidationFailedError } from '../errors/index.ts';
import type { Entity } from './entity.ts';
import { inLockOrder } from './locks.ts';
import { delegateOf, keepRow } from './references.ts';
import { neededReach, visibleRows } from './row-scope.ts';

/** The outcome of moving the rows that referred to a deleted one. */
export interface HandedOver {
  /** The number of moved rows that exist for the viewer; null when they may not read the deleted one. */
  readonly movedCount: number | null;
  /** For the audit log. */
  readonly changes: AuditChanges;
}

/**
 * Asserts that no live row refers to a row to be deleted.
 * @throws {ConflictError} when any does; if the viewer may read the entity, with the counts of those that exist for
 * them.
 */
export async function refuseDependents(
  transaction: TenantTransaction,
  { viewer }: Actor,
  { resource, dependents, insteadOfDeletion }: Pick<Entity, 'resource' | 'dependents' | 'insteadOfDeletion'>,
  id: string,
): Promise<null> {
  const counted = [];
  let isInUse = false;
  for (const { entity, column } of dependents) {
    const where = { [column]: id, deletedAt: null };
    const delegate = delegateOf(transaction, entity);
    if ((await delegate.count({ where })) === 0) continue;
    isInUse = true;
    const count = await delegate.count({ where: { ...where, AND: [visibleRows(entity, viewer, 'read')] } });
    if (count > 0) counted.push({ type: entity, count });
  }
  if (!isInUse) return null;
  const mayCount = counted.length > 0 && hasPermission(viewer, `${resource}:read`);
  throw new ConflictError({
    reason: 'IN_USE',
    dependents: mayCount ? counted : undefined,
    instead: insteadOfDeletion,
  });
}

/**
 * Moves the live rows that refer to a row to another one.
 * @throws {ValidationFailedError} when that one is not there, or is the row itself.
 */
export async function reassignDependents(
  transaction: TenantTransaction,
  actor: Actor,
  {
    name,
    resource,
    dependents,
    checkReassignTarget,
  }: Pick<Entity, 'name' | 'resource' | 'dependents' | 'checkReassignTarget'>,
  id: string,
  target: string,
): Promise<HandedOver> {
  const { viewer } = actor;
  await assertReassignTarget(transaction, viewer, name, id, target);
  const problems = (await checkReassignTarget?.(transaction, id, target)) ?? [];
  if (problems.length > 0) throw new ValidationFailedError(problems);
  const mayCount = hasPermission(viewer, `${resource}:read`);
  let movedCount = 0;
  const moved: Record<string, string[]> = {};
  for (const { entity, column, whenMoved, afterMove } of inLockOrder(dependents, (each) => each.entity)) {
    const where = { [column]: id, deletedAt: null };
    const delegate = delegateOf(transaction, entity);
    if (mayCount) {
      movedCount += await delegate.count({ where: { ...where, AND: [visibleRows(entity, viewer, 'read')] } });
    }
    const rows = await delegate.updateManyAndReturn({
      where,
      data: { ...whenMoved, [column]: target, updatedBy: auditUserId(viewer) },
      select: { id: true },
    });
    const ids = rows.map((row) => row.id);
    moved[movedField(entity)] = ids;
    await afterMove?.({ transaction, actor, ids, from: id, to: target });
  }
  return {
    movedCount: mayCount ? movedCount : null,
    changes: changesBetween(null, { reassignedTo: target, ...moved }),
  };
}

async function assertReassignTarget(
  transaction: TenantTransaction,
  viewer: Actor['viewer'],
  name: Entity['name'],
  id: string,
  target: string,
): Promise<void> {
  const path = ['reassignTo'];
  if (target === id) throw new ValidationFailedError([{ path, message: message('field.reassignToSelf') }]);
  let isThere = true;
  for (const action of neededReach(name, viewer, 'delete')) {
    isThere &&= await keepRow(transaction, viewer, name, target, action);
  }
  if (isThere) return;
  const type = nounOf(name);
  throw new ValidationFailedError([{ path, message: message('field.noSuch', { type }) }]);
}
