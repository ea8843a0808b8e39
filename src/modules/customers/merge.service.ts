import { type AuditChanges, changesBetween } from '../../audit/audit-entry.ts';
import { movedField } from '../../audit/moved-field.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { type Actor, auditUserId, hasPermission } from '../../auth/viewer.ts';
import { entityOf } from '../../catalogue/entities.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantTransaction } from '../../db/tenant-client.ts';
import { loadForChange } from '../../entities/change-steps.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import { inLockOrder, lockRows } from '../../entities/locks.ts';
import { recordedRow } from '../../entities/recorded-row.ts';
import { delegateOf, findMissingReferences } from '../../entities/references.ts';
import { neededReach, visibleRows } from '../../entities/row-scope.ts';
import { message, NotFoundError, nounOf, ValidationFailedError } from '../../errors/index.ts';
import { customers, mostTags } from './customer.service.ts';

/** What moves with a customer, deleted rows too, so that they come back there. */
const parts = ['Contact', 'Deal', 'Activity'] as const;

type Part = (typeof parts)[number];

/** Two customers that are the same one. */
export interface CustomerPair {
  /** The one that goes. */
  readonly id: string;
  /** The one that stays. */
  readonly intoId: string;
  /** When the editor's copy of the first was last changed; absent means that they don't mind. */
  readonly expectedUpdatedAt: Date | null | undefined;
}

/** What became of two customers. */
export interface CustomerMerge {
  /** The one that has stayed, as selected. */
  readonly customer: EntityRow;
  /** The live rows that moved, of those that exist for the viewer; null of those that they may not read at all. */
  readonly movedCounts: Readonly<Record<Part, number | null>>;
}

/**
 * Makes one customer of two: everything of the first moves to the second, whose empty fields are filled from the first,
 * which is deleted. Who may do that needs no rights for what moves.
 * @throws {NotFoundError} when the first does not exist for who may delete it.
 * @throws {ValidationFailedError} when the second does not exist for who may change it, or is the first.
 * @throws {ConflictError} when somebody has changed the first since.
 */
export async function mergeCustomers(
  transaction: TenantTransaction,
  actor: Actor,
  { id, intoId, expectedUpdatedAt }: CustomerPair,
  selection: Selection,
): Promise<CustomerMerge> {
  if (id === intoId) throw targetProblem(message('field.mergeIntoSelf'));
  await assertReached(transaction, actor, { id, intoId });
  await lockParts(transaction, id);
  // Both at once and in one order, so that two merges don't wait for each other; then as every change does.
  await lockRows(transaction, 'Customer', [id, intoId], 'change');
  const source = await loadForChange(customers, transaction, actor, id, 'delete');
  assertUnchanged(source, expectedUpdatedAt);
  const target = await loadTarget(transaction, actor, intoId);

  const movedCounts = await countParts(transaction, actor, id);
  const moved = await moveParts(transaction, actor, id, intoId);
  const updatedBy = auditUserId(actor.viewer);
  const gone = { deletedAt: new Date(), mergedIntoId: intoId };
  await transaction.customer.update({
    where: { id },
    data: { ...gone, deletedBy: updatedBy, updatedBy },
    select: { id: true },
  });
  const filled = await fillings(transaction, actor, source, target);
  const customer = await customers
    .delegate(transaction)
    .update({ ...selection, where: { id: intoId }, data: { ...filled, updatedBy } });

  await recordMerge(transaction, actor, id, {
    ...changesBetween(recordedRow(customers, source), recordedRow(customers, { ...source, ...gone })),
    ...moved,
  });
  await recordMerge(transaction, actor, intoId, {
    ...changesBetween(recordedRow(customers, target), recordedRow(customers, { ...target, ...filled })),
    ...changesBetween(null, { mergedId: id }),
    ...moved,
  });
  return { customer, movedCounts };
}

/** To wait for rows that others are changing would tell that they are there. */
async function assertReached(
  transaction: TenantTransaction,
  { viewer }: Actor,
  { id, intoId }: Pick<CustomerPair, 'id' | 'intoId'>,
): Promise<void> {
  const isReached = async (each: string, action: 'write' | 'delete') => {
    const reach = neededReach('Customer', viewer, action).map((one) => visibleRows('Customer', viewer, one));
    const where = { id: each, deletedAt: null, AND: reach };
    return (await customers.delegate(transaction).findFirst({ where })) !== null;
  };
  if (!(await isReached(id, 'delete'))) throw new NotFoundError('Customer', 'notFound.any');
  if (!(await isReached(intoId, 'write'))) throw noSuchTarget();
}

async function loadTarget(
  transaction: TenantTransaction,
  actor: Actor,
  intoId: string,
): Promise<RowOf<'Customer'>> {
  try {
    return await loadForChange(customers, transaction, actor, intoId, 'update');
  } catch (error) {
    throw error instanceof NotFoundError ? noSuchTarget() : error;
  }
}

function noSuchTarget(): ValidationFailedError {
  return targetProblem(message('field.noSuch', { type: nounOf('Customer') }));
}

function targetProblem(said: ConstructorParameters<typeof ValidationFailedError>[0][number]['message']) {
  return new ValidationFailedError([{ path: ['intoId'], message: said }]);
}

/** Rows are locked before those that they refer to: what changes one of these locks the customer after it. */
async function lockParts(transaction: TenantTransaction, customerId: string): Promise<void> {
  for (const part of inLockOrder(parts, (each) => each)) {
    const rows = await delegateOf(transaction, part).findMany({ where: { customerId } });
    await lockRows(
      transaction,
      part,
      rows.map((row) => row.id),
      'change',
    );
  }
}

async function countParts(
  transaction: TenantTransaction,
  { viewer }: Actor,
  customerId: string,
): Promise<CustomerMerge['movedCounts']> {
  const counts: Record<Part, number | null> = { Contact: null, Deal: null, Activity: null };
  for (const part of parts) {
    if (!hasPermission(viewer, `${entityOf(part).resource}:read`)) continue;
    const where = { customerId, deletedAt: null, AND: [visibleRows(part, viewer, 'read')] };
    counts[part] = await delegateOf(transaction, part).count({ where });
  }
  return counts;
}

/** @returns the ids of what moved, for the audit log. */
async function moveParts(
  transaction: TenantTransaction,
  { viewer }: Actor,
  id: string,
  intoId: string,
): Promise<AuditChanges> {
  const hasPrimary =
    (await transaction.contact.count({ where: { customerId: intoId, isPrimary: true, deletedAt: null } })) >
    0;
  const moved: Record<string, string[]> = {};
  for (const part of inLockOrder(parts, (each) => each)) {
    const rows = await delegateOf(transaction, part).updateManyAndReturn({
      where: { customerId: id },
      data: {
        customerId: intoId,
        updatedBy: auditUserId(viewer),
        ...(part === 'Contact' && hasPrimary ? { isPrimary: false } : {}),
      },
      select: { id: true },
    });
    moved[movedField(part)] = rows.map((row) => row.id);
  }
  return changesBetween(null, moved);
}

/** The fields that a customer may be without. */
const fillable = [
  'businessNumber',
  'phone',
  'email',
  'website',
  'address',
  'industry',
  'size',
  'ownerId',
] as const;

/** The values of the first for the empty fields of the second, and the tags of both as far as there is room. */
async function fillings(
  transaction: TenantTransaction,
  { viewer }: Actor,
  source: RowOf<'Customer'>,
  target: RowOf<'Customer'>,
): Promise<Partial<RowOf<'Customer'>>> {
  const filled = Object.fromEntries(
    fillable
      .filter((column) => target[column] === null && source[column] !== null)
      .map((column) => [column, source[column]]),
  );
  // Who is gone gets no more customers.
  for (const column of await findMissingReferences(transaction, viewer, customers, filled))
    delete filled[column];
  const tags = [...new Set([...target.tags, ...source.tags])].slice(0, mostTags);
  return tags.length === target.tags.length ? filled : { ...filled, tags };
}

async function recordMerge(
  transaction: TenantTransaction,
  actor: Actor,
  entityId: string,
  changes: AuditChanges,
): Promise<void> {
  await recordAudit(transaction, actor, {
    action: 'customer.merge',
    entityType: 'Customer',
    entityId,
    changes,
  });
}
