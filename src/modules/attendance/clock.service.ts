import { auditUserId } from '../../auth/viewer.ts';
import { dayAt, dayToDate } from '../../calendar/days.ts';
import { readDatabaseClock } from '../../db/database-clock.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { textSchema } from '../../db/text.ts';
import { recordChange } from '../../entities/change-steps.ts';
import type { EntityRow } from '../../entities/entity.ts';
import type { EntityWork } from '../../entities/entity-work.ts';
import { ConflictError, message, parseInput } from '../../errors/index.ts';
import { assertEmployedOn, lockAttendingEmployee } from './attending-employee.service.ts';

type Work = EntityWork<'AttendanceRecord'>;

/** Who comes or leaves. */
export interface ClockInput {
  /** Absent for the viewer's own. */
  readonly employeeId: string | undefined;
  readonly note: string | null | undefined;
}

const noteSchema = textSchema(1024).nullish();

/**
 * Begins an attendance record, now. Who is at work already has one that is open, which stays as it is and is returned,
 * so that a repeated request does no harm.
 * @throws {ValidationFailedError} when there is no such employee, or they don't work here today.
 */
export async function clockIn(
  { entity, transaction, actor }: Work,
  timeZone: string,
  input: ClockInput,
  selection: Selection,
): Promise<EntityRow> {
  const note = parseInput(noteSchema, input.note, ['note']) ?? null;
  const path = ['employeeId'];
  const employee = await lockAttendingEmployee(transaction, actor.viewer, input.employeeId ?? null, path);
  const open = await entity.delegate(transaction).findFirst({ ...selection, where: openOf(employee.id) });
  if (open) return open;
  const clockedInAt = await readDatabaseClock(transaction);
  const workDate = dayToDate(dayAt(clockedInAt, timeZone));
  assertEmployedOn(employee, workDate, path);
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
 * @throws {ConflictError} when none of their records is open.
 */
export async function clockOut(
  { entity, transaction, actor }: Work,
  input: ClockInput,
  selection: Selection,
): Promise<EntityRow> {
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
  const changes = { clockedOutAt, note: note ?? before.note };
  const row = await entity.delegate(transaction).update({
    ...selection,
    where: { id: before.id },
    data: { ...changes, updatedBy: auditUserId(actor.viewer) },
  });
  await recordChange(entity, transaction, actor, 'update', before.id, [before, { ...before, ...changes }]);
  return row;
}

const openOf = (employeeId: string) => ({ employeeId, clockedOutAt: null, deletedAt: null });
