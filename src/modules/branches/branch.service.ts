import { type Actor, auditUserId, hasPermission } from '../../auth/viewer.ts';
import { type CodedFilter, codedFilter, codePath, reportCodeConflict } from '../../db/coded-rows.ts';
import { assertNoDependents } from '../../db/dependents.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { message, NotFoundError, parseInput, ValidationFailedError } from '../../errors/index.ts';
import type { Branch, Prisma } from '../../generated/tenant/client.ts';
import { type AuditChanges, changesBetween, recordAudit } from '../audit/audit.service.ts';
import { createBranchSchema, updateBranchSchema } from './branch.input.ts';

/** The columns that every loaded branch has, whatever else the selection asks for. */
export type BranchRow = Pick<Branch, 'id'>;

/** The condition for branches that the filter lets through. */
export function branchFilter({
  isActive,
  ...filter
}: CodedFilter & { readonly isActive?: boolean | null | undefined }): Prisma.BranchWhereInput {
  return { ...codedFilter(filter), ...(isActive == null ? {} : { isActive }) };
}

/** The live branch of that id, or null. */
export function findLiveBranch(
  db: TenantDatabase,
  id: string,
  selection: Selection = {},
): Promise<BranchRow | null> {
  return db.branch.findUnique({ ...selection, where: { id, deletedAt: null } });
}

/**
 * Creates a branch that is open.
 * @throws {ValidationFailedError} for a field that is wrong.
 * @throws {ConflictError} when a live branch has that code.
 */
export async function createBranch(
  transaction: TenantTransaction,
  actor: Actor,
  input: unknown,
  selection: Selection,
): Promise<BranchRow> {
  const fields = parseInput(createBranchSchema, input, ['input']);
  const author = auditUserId(actor.viewer);
  const data = { ...fields, address: fields.address ?? null, phone: fields.phone ?? null };
  const branch = await reportCodeConflict(codePath, () =>
    transaction.branch.create({ ...selection, data: { ...data, createdBy: author, updatedBy: author } }),
  );
  await recordAudit(transaction, actor, {
    action: 'branch.create',
    entityType: 'Branch',
    entityId: branch.id,
    changes: changesBetween(null, { ...data, isActive: true }),
  });
  return branch;
}

/**
 * Changes the fields that `input` has; null clears one.
 * @throws {NotFoundError} when there is no live branch of that id.
 * @throws {ConflictError} when somebody has changed it since the editor has read it.
 * @throws as {@link createBranch}.
 */
export async function updateBranch(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  input: unknown,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<BranchRow> {
  const fields = parseInput(updateBranchSchema, input, ['input']);
  const before = await loadForChange(transaction, { id, deletedAt: null });
  assertUnchanged(before, expectedUpdatedAt);
  const branch = await reportCodeConflict(codePath, () =>
    transaction.branch.update({
      ...selection,
      where: { id },
      data: { ...fields, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'branch.update',
    entityType: 'Branch',
    entityId: id,
    changes: changesBetween(before, { ...before, ...fields }),
  });
  return branch;
}

/**
 * Marks a branch as deleted; its code is free again.
 * @param reassignTo takes over its users; without one it must have none.
 * @returns the name.
 * @throws {NotFoundError} when there is no live branch of that id.
 * @throws {ConflictError} while it has users; gives their number if the viewer may read branches.
 * @throws {ValidationFailedError} when `reassignTo` is not there, or is the branch itself.
 */
export async function deleteBranch(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  reassignTo: string | null,
): Promise<string> {
  const before = await loadForChange(transaction, { id, deletedAt: null });
  const where = { branchId: id, deletedAt: null };
  const author = auditUserId(actor.viewer);
  let handedOver: AuditChanges = {};
  if (reassignTo === null) {
    const users = await transaction.user.count({ where });
    assertNoDependents([{ type: 'User', count: users }], hasPermission(actor.viewer, 'branches:read'));
  } else {
    await assertHeir(transaction, id, reassignTo);
    const movedUsers = await transaction.user.updateManyAndReturn({
      where,
      data: { branchId: reassignTo, updatedBy: author },
      select: { id: true },
    });
    handedOver = changesBetween(null, {
      reassignedTo: reassignTo,
      movedUsers: movedUsers.map((user) => user.id),
    });
  }
  const deletedAt = new Date();
  await transaction.branch.update({
    where: { id },
    data: { deletedAt, deletedBy: author, updatedBy: author },
    select: { id: true },
  });
  await recordAudit(transaction, actor, {
    action: 'branch.delete',
    entityType: 'Branch',
    entityId: id,
    changes: { ...changesBetween(before, { ...before, deletedAt }), ...handedOver },
  });
  return before.name;
}

/**
 * Brings a deleted branch back.
 * @throws {NotFoundError} when there is no deleted branch of that id.
 * @throws {ConflictError} when another branch has its code by now.
 */
export async function restoreBranch(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  selection: Selection,
): Promise<BranchRow> {
  const before = await loadForChange(transaction, { id, deletedAt: { not: null } });
  const branch = await reportCodeConflict(['branchId'], () =>
    transaction.branch.update({
      ...selection,
      where: { id },
      data: { deletedAt: null, deletedBy: null, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'branch.restore',
    entityType: 'Branch',
    entityId: id,
    changes: changesBetween(before, { ...before, deletedAt: null }),
  });
  return branch;
}

async function loadForChange(
  transaction: TenantTransaction,
  where: { readonly id: string; readonly deletedAt: null | { readonly not: null } },
): Promise<Branch> {
  const row = await transaction.branch.findUnique({ where });
  if (!row) throw new NotFoundError('Branch');
  return row;
}

async function assertHeir(transaction: TenantTransaction, id: string, reassignTo: string): Promise<void> {
  const path = ['reassignTo'];
  if (reassignTo === id) {
    throw new ValidationFailedError([{ path, message: message('field.reassignToSelf') }]);
  }
  if (!(await findLiveBranch(transaction, reassignTo))) {
    throw new ValidationFailedError([
      { path, message: message('field.noSuch', { type: message('type.Branch') }) },
    ]);
  }
}
