import { auditUserId } from '../../auth/viewer.ts';
import { dayAt, dayToDate } from '../../calendar/days.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { linesSchema } from '../../db/text.ts';
import { recordChange } from '../../entities/change-steps.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import type { EntityWork } from '../../entities/entity-work.ts';
import { ConflictError, message, parseInput } from '../../errors/index.ts';
import { assertEmployedOn, lockAttendingEmployee } from './attending-employee.service.ts';
import { isForgotten, maximumHours } from './working-time.service.ts';

type Work = EntityWork<'AttendanceRecord'>;

/** Who comes or leaves. */
export interface ClockInput {
  /** Absent for the viewer's own. */
  readonly employeeId: string | undefined;
  readonly note: string | null | undefined;
}

const noteSchema = linesSchema(1024).nullish();

/**
 * Begins an attendance record, now. Who is at work already has one that is open, which stays as it is and is returned,
 * so that a repeated request does no harm. One that was forgotten days ago is closed without any worked time: only a
 * correction can say when its work ended.
 * @throws {ValidationFailedError} when there is no such employee, or they don't work here today.
 */
export async function clockIn(
  on: Work,
  timeZone: string,
  input: ClockInput,
  selection: Selection,
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const note = parseInput(noteSchema, input.note, ['note']) ?? null;
  const path = ['employeeId'];
  const employee = await lockAttendingEmployee(transaction, actor.viewer, input.employeeId ?? null, path);
  const open = await transaction.attendanceRecord.findFirst({ where: openOf(employee.id) });
  const clockedInAt = await readDatabaseClock(transaction);
  if (open && !isForgotten(open, clockedInAt)) {
    return transaction.attendanceRecord.findUniqueOrThrow({ ...selection, where: { id: open.id } });
  }
  const workDate = dayToDate(dayAt(clockedInAt, timeZone));
  assertEmployedOn(employee, workDate, path);
  if (open) await change(on, open, { clockedOutAt: open.clockedInAt }, { select: { id: true } });
  const author = auditUserId(actor.viewer);
  const values = { employeeId: employee.id, userId: employee.userId, workDate, clockedInAt, note };
  const row = await entity
    .delegate(transaction)
    .create({ ...selection, data: { ...values, createdBy: author, updatedBy: author } });
  await recordChange(entity, transaction, actor, 'create', row.id, [null, values]);
  return row;
}

/**
 * Ends the open attendance record, now.
 * @throws {ValidationFailedError} when there is no such employee.
 * @throws {ConflictError} when none of their records is open, or it was forgotten days ago.
 */
export async function clockOut(on: Work, input: ClockInput, selection: Selection): Promise<EntityRow> {
  const { transaction, actor } = on;
  const note = parseInput(noteSchema, input.note, ['note']);
  const employee = await lockAttendingEmployee(transaction, actor.viewer, input.employeeId ?? null, [
    'employeeId',
  ]);
  const before = await transaction.attendanceRecord.findFirst({ where: openOf(employee.id) });
  if (!before) {
    throw new ConflictError({
      reason: 'WRONG_STATE',
      status: 'clocked_out',
      message: message('conflict.notAtWork'),
    });
  }
  const clockedOutAt = await readDatabaseClock(transaction);
  if (isForgotten(before, clockedOutAt)) {
    throw new ConflictError({
      reason: 'WRONG_STATE',
      status: 'clocked_in',
      message: message('conflict.clockOutForgotten', { hours: maximumHours }),
    });
  }
  return change(on, before, { clockedOutAt, note: note ?? before.note }, selection);
}

async function change(
  { entity, transaction, actor }: Work,
  before: RowOf<'AttendanceRecord'>,
  changes: Partial<RowOf<'AttendanceRecord'>>,
  selection: Selection,
): Promise<EntityRow> {
  const row = await entity.delegate(transaction).update({
    ...selection,
    where: { id: before.id },
    data: { ...changes, updatedBy: auditUserId(actor.viewer) },
  });
  await recordChange(entity, transaction, actor, 'update', before.id, [before, { ...before, ...changes }]);
  return row;
}

const openOf = (employeeId: string) => ({ employeeId, clockedOutAt: null, deletedAt: null });
