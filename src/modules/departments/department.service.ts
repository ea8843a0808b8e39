import { type Actor, auditUserId, hasPermission } from '../../auth/viewer.ts';
import { type CodedFilter, codedFilter, codePath, reportCodeConflict } from '../../db/coded-rows.ts';
import { assertNoDependents } from '../../db/dependents.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { message, NotFoundError, parseInput, ValidationFailedError } from '../../errors/index.ts';
import type { Department, Prisma } from '../../generated/tenant/client.ts';
import { type AuditChanges, changesBetween, recordAudit } from '../audit/audit.service.ts';
import { createDepartmentSchema, updateDepartmentSchema } from './department.input.ts';

/** The columns that every loaded department has, whatever else the selection asks for. */
export type DepartmentRow = Pick<Department, 'id'>;

/** Which departments a list shows. */
export interface DepartmentFilter extends CodedFilter {
  /** Only those right below this one. */
  readonly parentId?: string | undefined;
  /** Only those with none above. */
  readonly topLevel?: boolean | null | undefined;
}

/** The condition for departments that the filter lets through. */
export function departmentFilter({
  parentId,
  topLevel,
  ...filter
}: DepartmentFilter): Prisma.DepartmentWhereInput {
  return {
    ...codedFilter(filter),
    ...(topLevel == null ? {} : { parentId: topLevel ? null : { not: null } }),
    ...(parentId === undefined ? {} : { AND: [{ parentId }] }),
  };
}

/** The live department of that id, or null. */
export function findLiveDepartment(
  db: TenantDatabase,
  id: string,
  selection: Selection = {},
): Promise<DepartmentRow | null> {
  return db.department.findUnique({ ...selection, where: { id, deletedAt: null } });
}

/**
 * Creates a department.
 * @throws {ValidationFailedError} for a field that is wrong, or a department above that is not there.
 * @throws {ConflictError} when a live department has that code.
 */
export async function createDepartment(
  transaction: TenantTransaction,
  actor: Actor,
  input: unknown,
  selection: Selection,
): Promise<DepartmentRow> {
  const fields = parseInput(createDepartmentSchema, input, ['input']);
  const author = auditUserId(actor.viewer);
  const data = {
    ...fields,
    description: fields.description ?? null,
    parentId: fields.parentId ?? null,
  };
  if (data.parentId !== null) await assertParent(transaction, null, data.parentId);
  const department = await reportCodeConflict(codePath, () =>
    transaction.department.create({
      ...selection,
      data: { ...data, createdBy: author, updatedBy: author },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'department.create',
    entityType: 'Department',
    entityId: department.id,
    changes: changesBetween(null, data),
  });
  return department;
}

/**
 * Changes the fields that `input` has; another `parentId` moves the department with all below it.
 * @throws {NotFoundError} when there is no live department of that id.
 * @throws {ValidationFailedError} when it would stand below itself.
 * @throws as {@link createDepartment}.
 */
export async function updateDepartment(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  input: unknown,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<DepartmentRow> {
  const fields = parseInput(updateDepartmentSchema, input, ['input']);
  const before = await loadForChange(transaction, { id, deletedAt: null });
  assertUnchanged(before, expectedUpdatedAt);
  if (fields.parentId != null) await assertParent(transaction, id, fields.parentId);
  const department = await reportCodeConflict(codePath, () =>
    transaction.department.update({
      ...selection,
      where: { id },
      data: { ...fields, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'department.update',
    entityType: 'Department',
    entityId: id,
    changes: changesBetween(before, { ...before, ...fields }),
  });
  return department;
}

/**
 * Marks a department as deleted; its code is free again.
 * @param reassignTo takes over its users and the departments right below it; without one it must have neither.
 * @returns the name.
 * @throws {NotFoundError} when there is no live department of that id.
 * @throws {ConflictError} while it has users or departments below it; gives both counts if the viewer may read
 * departments.
 * @throws {ValidationFailedError} when `reassignTo` is not there, or is the department itself or below it.
 */
export async function deleteDepartment(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  reassignTo: string | null,
): Promise<string> {
  const before = await loadForChange(transaction, { id, deletedAt: null });
  const users = { departmentId: id, deletedAt: null };
  const below = { parentId: id, deletedAt: null };
  const author = auditUserId(actor.viewer);
  let handedOver: AuditChanges = {};
  if (reassignTo === null) {
    assertNoDependents(
      [
        { type: 'User', count: await transaction.user.count({ where: users }) },
        { type: 'Department', count: await transaction.department.count({ where: below }) },
      ],
      hasPermission(actor.viewer, 'departments:read'),
    );
  } else {
    await assertHeir(transaction, id, reassignTo);
    const select = { id: true } as const;
    const movedUsers = await transaction.user.updateManyAndReturn({
      where: users,
      data: { departmentId: reassignTo, updatedBy: author },
      select,
    });
    const movedDepartments = await transaction.department.updateManyAndReturn({
      where: below,
      data: { parentId: reassignTo, updatedBy: author },
      select,
    });
    handedOver = changesBetween(null, {
      reassignedTo: reassignTo,
      movedUsers: movedUsers.map((user) => user.id),
      movedDepartments: movedDepartments.map((department) => department.id),
    });
  }
  const deletedAt = new Date();
  await transaction.department.update({
    where: { id },
    data: { deletedAt, deletedBy: author, updatedBy: author },
    select: { id: true },
  });
  await recordAudit(transaction, actor, {
    action: 'department.delete',
    entityType: 'Department',
    entityId: id,
    changes: { ...changesBetween(before, { ...before, deletedAt }), ...handedOver },
  });
  return before.name;
}

/**
 * Brings a deleted department back: where it was or, when what was above it has been deleted or moved below it, at
 * the top.
 * @throws {NotFoundError} when there is no deleted department of that id.
 * @throws {ConflictError} when another department has its code by now.
 */
export async function restoreDepartment(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  selection: Selection,
): Promise<DepartmentRow> {
  const before = await loadForChange(transaction, { id, deletedAt: { not: null } });
  const tree = await loadTree(transaction);
  const parentId =
    before.parentId !== null && tree.has(before.parentId) && !pathUp(tree, before.parentId).includes(id)
      ? before.parentId
      : null;
  const department = await reportCodeConflict(['departmentId'], () =>
    transaction.department.update({
      ...selection,
      where: { id },
      data: { deletedAt: null, deletedBy: null, parentId, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'department.restore',
    entityType: 'Department',
    entityId: id,
    changes: changesBetween(before, { ...before, deletedAt: null, parentId }),
  });
  return department;
}

async function loadForChange(
  transaction: TenantTransaction,
  where: { readonly id: string; readonly deletedAt: null | { readonly not: null } },
): Promise<Department> {
  const row = await transaction.department.findUnique({ where });
  if (!row) throw new NotFoundError('Department');
  return row;
}

/** The live departments, each with the one above it. */
async function loadTree(db: TenantDatabase): Promise<ReadonlyMap<string, string | null>> {
  const rows = await db.department.findMany({
    where: { deletedAt: null },
    select: { id: true, parentId: true },
  });
  return new Map(rows.map(({ id, parentId }) => [id, parentId]));
}

/** A department and all above it, as far as the tree goes. */
function pathUp(tree: ReadonlyMap<string, string | null>, start: string): string[] {
  const path: string[] = [];
  for (let id: string | null = start; id !== null && !path.includes(id); id = tree.get(id) ?? null)
    path.push(id);
  return path;
}

async function assertParent(
  transaction: TenantTransaction,
  id: string | null,
  parentId: string,
): Promise<void> {
  const tree = await loadTree(transaction);
  const path = ['input', 'parentId'];
  if (!tree.has(parentId)) {
    throw new ValidationFailedError([
      { path, message: message('field.noSuch', { type: message('type.Department') }) },
    ]);
  }
  if (id !== null && pathUp(tree, parentId).includes(id)) {
    throw new ValidationFailedError([{ path, message: message('field.departmentCircle') }]);
  }
}

async function assertHeir(transaction: TenantTransaction, id: string, reassignTo: string): Promise<void> {
  const tree = await loadTree(transaction);
  const path = ['reassignTo'];
  if (reassignTo === id) {
    throw new ValidationFailedError([{ path, message: message('field.reassignToSelf') }]);
  }
  if (!tree.has(reassignTo)) {
    throw new ValidationFailedError([
      { path, message: message('field.noSuch', { type: message('type.Department') }) },
    ]);
  }
  // What stands below it would be moved below itself.
  if (pathUp(tree, reassignTo).includes(id)) {
    throw new ValidationFailedError([{ path, message: message('field.departmentCircle') }]);
  }
}
