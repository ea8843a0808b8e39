import { auditUserId } from '../../auth/viewer.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { loadForChange } from '../../entities/change-steps.ts';
import { deleteRow, type EntityWork, updateRow } from '../../entities/changes.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import {
  ForbiddenError,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import { addAssignment } from '../assignments/add-assignment.service.ts';
import { assignments } from '../assignments/assignment.service.ts';
import { applyAssignments } from './apply-assignments.service.ts';
import { today } from './change-employee.service.ts';
import { isAboveThemselves } from './employee-rules.service.ts';

type Work = EntityWork<'Employee'>;

const idAlone = { select: { id: true } };

/**
 * Says where an employee works from a day on, and as what. Replaces what another assignment of that day says.
 * @throws {NotFoundError} when no live employee of that id exists for the viewer.
 * @throws {ConflictError} when somebody has changed the employee since.
 * @throws {ValidationFailedError} for a day outside of the employment, and as every change does.
 */
export async function assignEmployee(
  on: Work,
  employeeId: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
  timeZone: string,
  selection: Selection,
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const given = parseInput(assignments.creation, { ...input, employeeId }, ['input']);
  const employee = await loadForChange(entity, transaction, actor, employeeId, 'update');
  assertUnchanged(employee, expectedUpdatedAt);
  assertEmployed(employee, given);
  const { startsOn } = given;
  const replaced =
    startsOn &&
    (await transaction.assignment.findFirst({ where: { employeeId, startsOn, deletedAt: null } }));
  const onAssignments = { entity: assignments, transaction, actor };
  if (replaced) await updateRow(onAssignments, replaced.id, given, null, idAlone);
  else await addAssignment(on, employee, given);
  if (startsOn) await assertNoCircle(on, employeeId, startsOn, ['input', 'managerId']);
  await follow(on, employeeId, timeZone);
  return transaction.employee.findUniqueOrThrow({ ...selection, where: { id: employeeId } });
}

function assertEmployed(
  { hiredOn, leftOn }: RowOf<'Employee'>,
  { startsOn }: Partial<RowOf<'Assignment'>>,
): void {
  if (startsOn === undefined || (startsOn >= hiredOn && (leftOn === null || startsOn <= leftOn))) return;
  const path = ['input', 'startsOn'];
  throw new ValidationFailedError([{ path, message: message('field.notEmployed') }]);
}

/** Asserts of a change that has been made that nobody manages themselves from a day on, until the next assignment. */
async function assertNoCircle(
  { transaction }: Work,
  employeeId: string,
  from: Date,
  path: readonly string[],
): Promise<void> {
  if (!(await isAboveThemselves(transaction, employeeId, from))) return;
  throw new ValidationFailedError([{ path, message: message('field.managerCircle') }]);
}

/**
 * Removes an assignment: the one before holds instead.
 * @throws {NotFoundError} when no live assignment of that id exists for the viewer.
 * @throws {ForbiddenError} for the one with which the employment begins.
 * @throws {ValidationFailedError} when by the one before somebody would manage themselves.
 */
export async function removeAssignment(on: Work, id: string, timeZone: string): Promise<void> {
  const { entity, transaction, actor } = on;
  const onAssignments = { entity: assignments, transaction, actor };
  const { employeeId, startsOn } = await loadForChange(assignments, transaction, actor, id, 'delete');
  const employee = await transaction.employee.findFirst({ where: { id: employeeId, deletedAt: null } });
  if (!employee) throw new NotFoundError(entity.name);
  if (startsOn.getTime() === employee.hiredOn.getTime()) {
    throw new ForbiddenError(message('forbidden.firstAssignment'));
  }
  await deleteRow(onAssignments, id, null);
  await assertNoCircle(on, employeeId, startsOn, ['assignmentId']);
  await follow(on, employeeId, timeZone);
}

/** The employee has changed, whether or not the assignment holds today: edits of older copies are refused. */
async function follow({ transaction, actor }: Work, id: string, timeZone: string): Promise<void> {
  await applyAssignments(transaction, today(timeZone));
  await transaction.employee.update({
    where: { id },
    data: { updatedBy: auditUserId(actor.viewer) },
    ...idAlone,
  });
}
