import { dayAt, dayToDate } from '../../calendar/days.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { createRow, type EntityWork, restoreRow, updateRow } from '../../entities/changes.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import { addAssignment } from '../assignments/add-assignment.service.ts';
import { assignments } from '../assignments/assignment.service.ts';
import { recomputeAnnualLeave } from '../leave-entitlements/recompute-entitlements.service.ts';
import { followEmployment } from './access-end.service.ts';
import { applyAssignments } from './apply-assignments.service.ts';

type Work = EntityWork<'Employee'>;

const idAlone = { select: { id: true } };

/** Creates an employee with their first assignment. @throws as {@link createRow} and {@link followEmployment}. */
export async function createEmployee(
  on: Work,
  input: object,
  timeZone: string,
  selection: Selection,
): Promise<EntityRow> {
  const { transaction, actor } = on;
  const { id } = await createRow(on, input, idAlone);
  const row = await readEmployee(on, id);
  const { departmentId, branchId, position, employmentType, managerId } = row;
  const first = { departmentId, branchId, position, employmentType, managerId };
  await addAssignment(on, row, { ...first, startsOn: row.hiredOn });
  await followEmployment(transaction, actor, row, timeZone, true);
  return answer(on, id, selection);
}

/**
 * Changes an employee. Their first assignment begins when they are hired, and their account's access ends when they
 * leave.
 * @throws as {@link updateRow} and {@link followEmployment}.
 */
export async function updateEmployee(
  on: Work,
  id: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
  timeZone: string,
  selection: Selection,
): Promise<EntityRow> {
  let before: RowOf<'Employee'> | null = null;
  await updateRow(on, id, input, expectedUpdatedAt, idAlone, async (row) => {
    before = row;
    return {};
  });
  await followChange(on, before, await readEmployee(on, id), timeZone);
  await applyAssignments(on.transaction, today(timeZone));
  return answer(on, id, selection);
}

async function followChange(
  { transaction, actor }: Work,
  before: RowOf<'Employee'> | null,
  after: RowOf<'Employee'>,
  timeZone: string,
): Promise<void> {
  if (before === null) return;
  if (before.hiredOn.getTime() !== after.hiredOn.getTime()) {
    const first = await transaction.assignment.findFirst({
      where: { employeeId: after.id, startsOn: before.hiredOn, deletedAt: null },
    });
    const on = { entity: assignments, transaction, actor };
    if (first) await updateRow(on, first.id, { startsOn: after.hiredOn }, null, idAlone);
    await recomputeAnnualLeave(transaction, actor, after, today(timeZone).getUTCFullYear());
  }
  const isLinked = before.userId !== after.userId;
  if (!isLinked && before.leftOn?.getTime() === after.leftOn?.getTime()) return;
  await followEmployment(transaction, actor, after, timeZone, isLinked);
}

/** Brings a deleted employee back, as {@link restoreRow} does, with the access that their account has then. */
export async function restoreEmployee(
  on: Work,
  id: string,
  path: readonly string[],
  timeZone: string,
  selection: Selection,
): Promise<EntityRow> {
  const { transaction, actor } = on;
  await restoreRow(on, id, path, idAlone);
  await followEmployment(transaction, actor, await readEmployee(on, id), timeZone, true);
  await applyAssignments(transaction, today(timeZone));
  return answer(on, id, selection);
}

/** The day that it is in a time zone, as columns hold it. */
export function today(timeZone: string): Date {
  return dayToDate(dayAt(new Date(), timeZone));
}

const readEmployee = ({ transaction }: Work, id: string) =>
  transaction.employee.findUniqueOrThrow({ where: { id } });

/** The row as it is after all that a change entails. */
const answer = ({ transaction }: Work, id: string, selection: Selection): Promise<EntityRow> =>
  transaction.employee.findUniqueOrThrow({ ...selection, where: { id } });
