import { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { type Actor, auditUserId } from '../../auth/viewer.ts';
import { dayAt, dayToDate } from '../../calendar/days.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { Selection, TenantTransaction } from '../../db/tenant-client.ts';
import { linesSchema } from '../../db/text.ts';
import { neededReach, visibleRows } from '../../entities/row-scope.ts';
import {
  ConflictError,
  type FieldMessage,
  message,
  nounOf,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import { assertEmployedOn, lockAttendingEmployee } from './attending-employee.service.ts';
import { isForgotten, problemOfOverlap, problemOfTime } from './working-time.service.ts';

const inputSchema = z.object({
  attendanceRecordId: z.uuid().nullish(),
  employeeId: z.uuid().nullish(),
  workDate: z.date().nullish(),
  clockedInAt: z.date(),
  clockedOutAt: z.date().nullish(),
  reason: linesSchema(1024),
});

type CorrectionInput = z.output<typeof inputSchema>;

function refuse(field: keyof CorrectionInput, said: FieldMessage): ValidationFailedError {
  return new ValidationFailedError([{ path: ['input', field], message: said }]);
}

/** A change at work: in which transaction, and by whom. */
interface Work {
  readonly transaction: TenantTransaction;
  readonly actor: Actor;
}

/**
 * Asks for an attendance record to be corrected, or for one that was forgotten to be added. Others have to approve it.
 * @param input as its schema has it: a record, or a day and, unless it is the viewer's own, an employee.
 * @throws {ValidationFailedError} at the field that doesn't do.
 * @throws {ConflictError} while another correction of the same waits for a decision.
 */
export async function requestCorrection(
  { transaction, actor }: Work,
  timeZone: string,
  input: object,
  selection: Selection,
): Promise<{ readonly id: string }> {
  const asked = parseInput(inputSchema, input, ['input']);
  const { clockedInAt, reason } = asked;
  const record = await findRecord({ transaction, actor }, asked);
  const employee = await lockAttendingEmployee(
    transaction,
    actor.viewer,
    record?.employeeId ?? asked.employeeId ?? null,
    ['input', record ? 'attendanceRecordId' : 'employeeId'],
  );
  const current =
    record && (await transaction.attendanceRecord.findUniqueOrThrow({ where: { id: record.id } }));
  const now = await readDatabaseClock(transaction);
  if (!asked.clockedOutAt && (current?.clockedOutAt !== null || isForgotten(current, now))) {
    throw refuse('clockedOutAt', message('field.required'));
  }
  const time = { clockedInAt, clockedOutAt: asked.clockedOutAt ?? null };
  const problem =
    problemOfTime(time, now) ?? (await problemOfOverlap(transaction, employee.id, record?.id ?? null, time));
  if (problem) throw refuse(problem.field, problem.message);
  const workDate = dayToDate(dayAt(clockedInAt, timeZone));
  if (!record && workDate.getTime() !== asked.workDate?.getTime()) {
    throw refuse('workDate', message('field.otherWorkDate'));
  }
  assertEmployedOn(employee, workDate, ['input', 'clockedInAt']);
  await assertOnlyOne(transaction, employee.id, record?.id ?? null, workDate);
  const values = { employeeId: employee.id, recordId: record?.id ?? null, workDate, ...time, reason };
  const correction = await transaction.attendanceCorrection.create({
    ...selection,
    data: { ...values, requestedBy: auditUserId(actor.viewer) },
  });
  await recordAudit(transaction, actor, {
    action: 'attendanceRecord.request_correction',
    ...(record
      ? { entityType: 'AttendanceRecord', entityId: record.id }
      : { entityType: 'AttendanceCorrection', entityId: correction.id }),
    changes: changesBetween(null, { workDate, ...time, reason }),
  });
  return correction;
}

/** Finds the record that is to be corrected; null when a day is named instead. */
async function findRecord(
  { transaction, actor: { viewer } }: Work,
  { attendanceRecordId, employeeId, workDate }: CorrectionInput,
): Promise<{ readonly id: string; readonly employeeId: string } | null> {
  if (attendanceRecordId == null) {
    if (workDate == null) throw refuse('attendanceRecordId', message('field.recordOrDay'));
    return null;
  }
  if (workDate != null) throw refuse('workDate', message('field.recordOrDay'));
  if (employeeId != null) throw refuse('employeeId', message('field.recordOrDay'));
  const reach = neededReach('AttendanceRecord', viewer, 'write');
  const record = await transaction.attendanceRecord.findFirst({
    where: {
      id: attendanceRecordId,
      deletedAt: null,
      AND: reach.map((action) => visibleRows('AttendanceRecord', viewer, action)),
    },
    select: { id: true, employeeId: true },
  });
  if (!record) {
    throw refuse('attendanceRecordId', message('field.noSuch', { type: nounOf('AttendanceRecord') }));
  }
  return record;
}

async function assertOnlyOne(
  transaction: TenantTransaction,
  employeeId: string,
  recordId: string | null,
  workDate: Date,
): Promise<void> {
  const other = await transaction.attendanceCorrection.findFirst({
    where: { employeeId, recordId, decidedAt: null, ...(recordId === null ? { workDate } : {}) },
    select: { id: true },
  });
  if (!other) return;
  throw new ConflictError({
    reason: 'WRONG_STATE',
    status: 'pending',
    message: message('conflict.correctionPending'),
  });
}
