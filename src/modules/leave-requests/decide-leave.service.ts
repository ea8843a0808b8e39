import type { Temporal } from 'temporal-polyfill';
import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { auditUserId, hasPermission, type Viewer, visibleOwners } from '../../auth/viewer.ts';
import { dateToDay } from '../../calendar/days.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantTransaction } from '../../db/tenant-client.ts';
import type { EntityWork } from '../../entities/changes.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import { lockRows } from '../../entities/locks.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import { ConflictError, ForbiddenError, message, NotFoundError, parseInput } from '../../errors/index.ts';
import { isHeadOf } from '../employees/department-heads.service.ts';
import { worksOn } from '../employees/employee-rules.service.ts';
import { lockRemainingDays } from '../leave-entitlements/leave-balance.service.ts';
import { decisionNoteSchema } from './leave-input.service.ts';

type Work = EntityWork<'LeaveRequest'>;
type LeaveRequestRow = RowOf<'LeaveRequest'>;

/** A request, and what somebody wants to become of it. */
export interface Decision {
  readonly id: string;
  readonly note?: string | null | undefined;
  /** When the decider's copy was last changed; absent means that they don't mind. */
  readonly expectedUpdatedAt?: Date | null | undefined;
}

/**
 * Approves a request for leave, or rejects it. The head of the employee's department, or of one above it, may do that,
 * and whoever has `leave:approve` for the row; nobody for themselves.
 * @throws {NotFoundError} when there is no such request for the viewer.
 * @throws {ForbiddenError} when it isn't theirs to decide.
 * @throws {ConflictError} when it is decided already, or an approval when fewer days are left than it takes, or the
 * employee doesn't work on them.
 */
export async function decideLeave(
  work: Work,
  status: 'APPROVED' | 'REJECTED',
  decision: Decision,
  selection: Selection,
): Promise<EntityRow> {
  const { transaction, actor } = work;
  const row = await lockRequest(work, decision);
  if (row.userId === actor.viewer.userId) throw new ForbiddenError(message('forbidden.ownLeave'));
  if (!(await mayDecide(transaction, actor.viewer, row))) {
    throw new ForbiddenError(message('forbidden.decideLeave'));
  }
  if (row.status !== 'PENDING') throw wrongState(row);
  if (status === 'APPROVED') await assertGrantable(transaction, row);
  return change(work, row, decision, status, selection);
}

/**
 * Cancels a request for leave: one's own while nobody has decided, and approved leave until it begins; whoever may
 * decide it may cancel it at any time. Its days are free again.
 * @param today in the tenant's time zone.
 * @throws {NotFoundError} when there is no such request for the viewer.
 * @throws {ForbiddenError} when it isn't theirs to cancel, or has begun.
 * @throws {ConflictError} when it is rejected or cancelled already.
 */
export async function cancelLeave(
  work: Work,
  today: Temporal.PlainDate,
  decision: Decision,
  selection: Selection,
): Promise<EntityRow> {
  const { transaction, actor } = work;
  const { viewer } = actor;
  const row = await lockRequest(work, decision);
  const isOwn = row.userId === viewer.userId;
  const begins = dateToDay(row.startsOn);
  const mayCancelOwn = isOwn && (row.status === 'PENDING' || today.until(begins).total('days') > 0);
  if (!mayCancelOwn) {
    if (isOwn) throw new ForbiddenError(message('forbidden.begunLeave'));
    if (!(await mayDecide(transaction, viewer, row))) {
      throw new ForbiddenError(message('forbidden.cancelLeave'));
    }
  }
  if (row.status === 'REJECTED' || row.status === 'CANCELLED') throw wrongState(row);
  return change(work, row, decision, 'CANCELLED', selection);
}

/** Loads a request that exists for the viewer, and keeps others from deciding it, and its employee from asking for more. */
async function lockRequest(
  { transaction, actor: { viewer } }: Work,
  { id, expectedUpdatedAt }: Decision,
): Promise<LeaveRequestRow> {
  const find = () => transaction.leaveRequest.findFirst({ where: { id, deletedAt: null } });
  const seen = await find();
  if (!seen || !(await isSeen(transaction, viewer, seen))) throw new NotFoundError('LeaveRequest');
  await lockRows(transaction, 'Employee', [seen.employeeId], 'change');
  await lockRows(transaction, 'LeaveRequest', [id], 'change');
  const row = await find();
  if (!row) throw new NotFoundError('LeaveRequest');
  assertUnchanged(row, expectedUpdatedAt);
  return row;
}

/** Whether a request exists for somebody: because they may read it, or because they are to decide it. */
async function isSeen(
  transaction: TenantTransaction,
  viewer: Viewer,
  row: LeaveRequestRow,
): Promise<boolean> {
  if (hasPermission(viewer, 'leave:read')) {
    const where = { id: row.id, deletedAt: null, AND: [visibleRows('LeaveRequest', viewer, 'read')] };
    if (await transaction.leaveRequest.findFirst({ where, select: { id: true } })) return true;
  }
  return row.userId === viewer.userId || mayDecide(transaction, viewer, row);
}

async function mayDecide(
  transaction: TenantTransaction,
  viewer: Viewer,
  { userId, employeeId }: LeaveRequestRow,
): Promise<boolean> {
  const owners = visibleOwners(viewer, 'leave:approve');
  if (owners === 'everybody' || owners.some((owner) => owner === userId)) return true;
  return isHeadOf(transaction, viewer.userId, employeeId);
}

/** The employment may have ended, and an entitlement may have been lowered, since the request was made. */
async function assertGrantable(transaction: TenantTransaction, row: LeaveRequestRow): Promise<void> {
  const employee = await transaction.employee.findUniqueOrThrow({
    where: { id: row.employeeId },
    select: { id: true, hiredOn: true, leftOn: true, deletedAt: true },
  });
  if (!worksOn(employee, row.startsOn, row.endsOn)) {
    throw new ConflictError({
      reason: 'WRONG_STATE',
      status: 'pending',
      message: message('conflict.notEmployed'),
    });
  }
  const leaveType = await transaction.leaveType.findUniqueOrThrow({
    where: { id: row.leaveTypeId },
    select: { id: true, isAnnual: true, isLimited: true },
  });
  if (!leaveType.isLimited) return;
  const left = await lockRemainingDays(transaction, employee, leaveType, row.startsOn.getUTCFullYear());
  if (!left.isNegative()) return;
  throw new ConflictError({
    reason: 'WRONG_STATE',
    status: 'pending',
    message: message('conflict.leaveBalance', { missing: left.negated().toFixed() }),
  });
}

const verbs = { APPROVED: 'approve', REJECTED: 'reject', CANCELLED: 'cancel' } as const;

async function change(
  { entity, transaction, actor }: Work,
  row: LeaveRequestRow,
  { note }: Decision,
  status: keyof typeof verbs,
  selection: Selection,
): Promise<EntityRow> {
  const author = auditUserId(actor.viewer);
  const now = new Date();
  const decisionNote = parseInput(decisionNoteSchema, note, ['note']) ?? row.decisionNote;
  const changes =
    status === 'CANCELLED'
      ? { status, decisionNote, cancelledAt: now }
      : { status, decisionNote, decidedBy: author, decidedAt: now };
  const after = await entity
    .delegate(transaction)
    .update({ ...selection, where: { id: row.id }, data: { ...changes, updatedBy: author } });
  await recordAudit(transaction, actor, {
    action: `leaveRequest.${verbs[status]}`,
    entityType: 'LeaveRequest',
    entityId: row.id,
    changes: changesBetween({ status: row.status, decisionNote: row.decisionNote }, { status, decisionNote }),
  });
  return after;
}

const stateNames = {
  PENDING: 'pending',
  APPROVED: 'approved',
  REJECTED: 'rejected',
  CANCELLED: 'cancelled',
} as const;

function wrongState({ status }: LeaveRequestRow): ConflictError {
  const name = stateNames[status];
  return new ConflictError({
    reason: 'WRONG_STATE',
    status: name,
    message: message('conflict.leaveDecided', { status: message(`status.${name}`) }),
  });
}
