import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { type Actor, auditUserId, type Viewer, visibleOwners } from '../../auth/viewer.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { Selection, TenantTransaction } from '../../db/tenant-client.ts';
import { linesSchema } from '../../db/text.ts';
import { lockRows } from '../../entities/locks.ts';
import { ConflictError, ForbiddenError, message, NotFoundError, parseInput } from '../../errors/index.ts';
import type { Prisma } from '../../generated/tenant/client.ts';
import { isHeadOf } from '../employees/department-heads.service.ts';
import { worksOn } from '../employees/employee-rules.service.ts';
import { problemOfOverlap, problemOfTime } from './working-time.service.ts';

/** A change at work: in which transaction, and by whom. */
interface Work {
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
}

/** A correction, and what somebody says about it. */
export interface CorrectionDecision {
  readonly id: string;
  readonly note?: string | null | undefined;
}

const withEmployee = {
  employee: { select: { id: true, userId: true, hiredOn: true, leftOn: true, deletedAt: true } },
  record: true,
} satisfies Prisma.AttendanceCorrectionInclude;

type Correction = Prisma.AttendanceCorrectionGetPayload<{ include: typeof withEmployee }>;

const noteSchema = linesSchema(1024).nullish();

/**
 * Approves a correction of an attendance record, which makes it, or rejects it. The head of the employee's department, or
 * of one above it, may do that, and whoever has `attendance:approve` for the employee; nobody for themselves.
 * @throws {NotFoundError} when there is no such correction for the viewer.
 * @throws {ForbiddenError} when it isn't theirs to decide.
 * @throws {ConflictError} when it is decided already, or an approval no longer fits the employee's records or employment.
 */
export async function decideCorrection(
  { transaction, actor }: Work,
  status: 'APPROVED' | 'REJECTED',
  { id, note }: CorrectionDecision,
  selection: Selection,
): Promise<{ readonly id: string }> {
  const decisionNote = parseInput(noteSchema, note, ['note']) ?? null;
  const correction = await lockCorrection(transaction, actor.viewer, id);
  if (correction.employee.userId === actor.viewer.userId) {
    throw new ForbiddenError(message('forbidden.ownAttendance'));
  }
  if (!(await mayDecide(transaction, actor.viewer, correction))) {
    throw new ForbiddenError(message('forbidden.decideAttendance'));
  }
  if (correction.status !== 'PENDING') throw decidedAlready(correction.status);
  const recordId =
    status === 'APPROVED' ? await correct({ transaction, actor }, correction) : correction.recordId;
  if (status === 'REJECTED') {
    await recordAudit(transaction, actor, {
      action: 'attendanceRecord.reject_correction',
      ...(recordId === null
        ? { entityType: 'AttendanceCorrection', entityId: id }
        : { entityType: 'AttendanceRecord', entityId: recordId }),
      changes: changesBetween({ status: 'PENDING' }, { status, decisionNote }),
    });
  }
  return transaction.attendanceCorrection.update({
    ...selection,
    where: { id },
    data: {
      status,
      recordId,
      decisionNote,
      decidedBy: auditUserId(actor.viewer),
      decidedAt: await readDatabaseClock(transaction),
    },
  });
}

/** Loads a correction that exists for the viewer, and keeps the employee's attendance from being changed by others. */
async function lockCorrection(
  transaction: TenantTransaction,
  viewer: Viewer,
  id: string,
): Promise<Correction> {
  const find = () => transaction.attendanceCorrection.findUnique({ where: { id }, include: withEmployee });
  const seen = await find();
  if (!seen || !(await isSeen(transaction, viewer, seen))) {
    throw new NotFoundError('AttendanceCorrection');
  }
  await lockRows(transaction, 'Employee', [seen.employeeId], 'change');
  const locked = await find();
  if (!locked) throw new NotFoundError('AttendanceCorrection');
  return locked;
}

/** Whether a correction exists for somebody: because they may read it, or because they are to decide it. */
async function isSeen(
  transaction: TenantTransaction,
  viewer: Viewer,
  correction: Correction,
): Promise<boolean> {
  const { userId } = correction.employee;
  if (userId === viewer.userId) return true;
  const owners = visibleOwners(viewer, 'attendance:read');
  if (owners === 'everybody' || owners.some((owner) => owner === userId)) return true;
  return mayDecide(transaction, viewer, correction);
}

async function mayDecide(
  transaction: TenantTransaction,
  viewer: Viewer,
  { employee: { id, userId } }: Correction,
): Promise<boolean> {
  const owners = visibleOwners(viewer, 'attendance:approve');
  if (owners === 'everybody' || owners.some((owner) => owner === userId)) return true;
  return isHeadOf(transaction, viewer.userId, id);
}

/** Writes what a correction says into its record, or into a new one. @returns the record's id. */
async function correct({ transaction, actor }: Work, correction: Correction): Promise<string> {
  const { employee, employeeId, recordId, record, workDate, clockedInAt, reason } = correction;
  if (!worksOn(employee, workDate)) throw notApplicable('conflict.notEmployed');
  // What a correction leaves open is as the record has it by now.
  const clockedOutAt = correction.clockedOutAt ?? record?.clockedOutAt ?? null;
  const time = { clockedInAt, clockedOutAt };
  const problem =
    problemOfTime(time, await readDatabaseClock(transaction)) ??
    (await problemOfOverlap(transaction, employeeId, recordId, time));
  if (problem || (record && record.deletedAt !== null)) {
    throw notApplicable('conflict.correctionOutdated');
  }
  const author = auditUserId(actor.viewer);
  const data = { workDate, ...time, updatedBy: author };
  const { id } =
    recordId === null
      ? await transaction.attendanceRecord.create({
          data: { ...data, employeeId, createdBy: author },
          select: { id: true },
        })
      : await transaction.attendanceRecord.update({ where: { id: recordId }, data, select: { id: true } });
  const before = record && {
    workDate: record.workDate,
    clockedInAt: record.clockedInAt,
    clockedOutAt: record.clockedOutAt,
  };
  await recordAudit(transaction, actor, {
    action: 'attendanceRecord.approve_correction',
    entityType: 'AttendanceRecord',
    entityId: id,
    changes: changesBetween(before, { workDate, ...time, reason }),
  });
  return id;
}

function notApplicable(why: 'conflict.correctionOutdated' | 'conflict.notEmployed'): ConflictError {
  return new ConflictError({ reason: 'WRONG_STATE', status: 'pending', message: message(why) });
}

const stateNames = { APPROVED: 'approved', REJECTED: 'rejected' } as const;

function decidedAlready(status: keyof typeof stateNames): ConflictError {
  const name = stateNames[status];
  return new ConflictError({
    reason: 'WRONG_STATE',
    status: name,
    message: message('conflict.correctionDecided', { status: message(`status.${name}`) }),
  });
}
