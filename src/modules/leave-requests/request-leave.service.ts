import { auditUserId } from '../../auth/viewer.ts';
import { dateToDay } from '../../calendar/days.ts';
import { halfDaysOff, type TimeOff } from '../../calendar/working-days.ts';
import type { Selection, TenantTransaction } from '../../db/tenant-client.ts';
import { recordChange } from '../../entities/change-steps.ts';
import type { EntityWork } from '../../entities/changes.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import { lockRows } from '../../entities/locks.ts';
import { isWithinReach } from '../../entities/row-scope.ts';
import { type FieldMessage, message, nounOf, parseInput, ValidationFailedError } from '../../errors/index.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { readWorkingDays } from '../holidays/working-calendar.service.ts';
import { lockRemainingDays } from '../leave-entitlements/leave-balance.service.ts';
import { type LeaveInput, leaveInputSchema } from './leave-input.service.ts';

function refuse(field: keyof LeaveInput, said: FieldMessage): ValidationFailedError {
  return new ValidationFailedError([{ path: ['input', field], message: said }]);
}

/**
 * Asks for leave, which others have to approve. An employee's requests are made one at a time, so that no two overlap
 * or take the same days.
 * @param input as {@link leaveInputSchema} has it; without an employee, the viewer's own.
 * @throws {ValidationFailedError} at the field that doesn't do: no working day, more than is left, overlapping.
 */
export async function requestLeave(
  work: EntityWork<'LeaveRequest'>,
  input: object,
  selection: Selection,
): Promise<EntityRow> {
  const { transaction } = work;
  const asked = parseInput(leaveInputSchema, input, ['input']);
  const employee = await lockEmployee(work, asked.employeeId ?? null);
  const leaveType = await findLeaveType(transaction, asked.leaveTypeId);
  const timeOff: TimeOff = {
    first: dateToDay(asked.startsOn),
    last: dateToDay(asked.endsOn),
    startsAtNoon: asked.startsAtNoon ?? false,
    endsAtNoon: asked.endsAtNoon ?? false,
  };
  assertEmployed(asked, employee);
  const days = await countDays(transaction, timeOff);
  await assertFree(transaction, employee.id, asked, timeOff);
  if (leaveType.isLimited) {
    const left = await lockRemainingDays(transaction, employee, leaveType, timeOff.first.year);
    if (days.gt(left)) {
      const remaining = Prisma.Decimal.max(left, 0).toFixed();
      throw refuse('endsOn', message('field.leaveBalance', { days: days.toFixed(), left: remaining }));
    }
  }
  return insert(
    work,
    {
      employeeId: employee.id,
      userId: employee.userId,
      leaveTypeId: leaveType.id,
      startsOn: asked.startsOn,
      endsOn: asked.endsOn,
      startsAtNoon: timeOff.startsAtNoon,
      endsAtNoon: timeOff.endsAtNoon,
      days,
      reason: asked.reason ?? null,
      status: 'PENDING',
    },
    selection,
  );
}

/** Writes the request. Its employee is known to be there, whether or not the viewer may read employees. */
async function insert(
  { entity, transaction, actor }: EntityWork<'LeaveRequest'>,
  fields: Partial<RowOf<'LeaveRequest'>>,
  selection: Selection,
): Promise<EntityRow> {
  const author = auditUserId(actor.viewer);
  const row = await entity
    .delegate(transaction)
    .create({ ...selection, data: { ...fields, createdBy: author, updatedBy: author } });
  await recordChange(entity, transaction, actor, 'create', row.id, [null, fields]);
  return row;
}

/** Finds the employee, and lets nobody else ask for their leave before the transaction ends. */
async function lockEmployee(
  { transaction, actor: { viewer } }: EntityWork<'LeaveRequest'>,
  id: string | null,
) {
  const find = () =>
    transaction.employee.findFirst({
      where: { deletedAt: null, ...(id === null ? { userId: viewer.userId } : { id }) },
      select: { id: true, userId: true, hiredOn: true, leftOn: true },
    });
  const isMine = (employee: { readonly userId: string | null }) =>
    isWithinReach('LeaveRequest', viewer, 'write', { userId: employee.userId });
  const employee = await find();
  if (!employee || !isMine(employee)) {
    throw refuse(
      'employeeId',
      id === null ? message('field.noEmployee') : message('field.noSuch', { type: nounOf('Employee') }),
    );
  }
  await lockRows(transaction, 'Employee', [employee.id], 'change');
  const locked = await find();
  if (!locked || !isMine(locked)) {
    throw refuse('employeeId', message('field.noSuch', { type: nounOf('Employee') }));
  }
  return locked;
}

async function findLeaveType(transaction: TenantTransaction, id: string) {
  await lockRows(transaction, 'LeaveType', [id], 'keep');
  const found = await transaction.leaveType.findFirst({
    where: { id, deletedAt: null, isActive: true },
    select: { id: true, isAnnual: true, isLimited: true },
  });
  if (!found) throw refuse('leaveTypeId', message('field.noSuch', { type: nounOf('LeaveType') }));
  return found;
}

function assertEmployed(
  { startsOn, endsOn }: LeaveInput,
  { hiredOn, leftOn }: { readonly hiredOn: Date; readonly leftOn: Date | null },
): void {
  if (startsOn < hiredOn) throw refuse('startsOn', message('field.notEmployed'));
  if (leftOn !== null && endsOn > leftOn) throw refuse('endsOn', message('field.notEmployed'));
}

/** Counts the working days of a time off, whose first and last day have to be such. */
async function countDays(transaction: TenantTransaction, timeOff: TimeOff): Promise<Prisma.Decimal> {
  const { first, last, startsAtNoon, endsAtNoon } = timeOff;
  // From one noon to the same noon is no time.
  if (last.since(first).days < 0 || (first.equals(last) && startsAtNoon && endsAtNoon)) {
    throw refuse('endsOn', message('field.timeRange'));
  }
  // Each year has days of its own to take.
  if (first.year !== last.year) throw refuse('endsOn', message('field.leaveYear'));
  const worksOn = await readWorkingDays(transaction, first, last);
  if (!worksOn(first)) throw refuse('startsOn', message('field.dayOff'));
  if (!worksOn(last)) throw refuse('endsOn', message('field.dayOff'));
  return new Prisma.Decimal(halfDaysOff(timeOff, worksOn)).dividedBy(2);
}

/** Two requests of one employee may share a day only if one ends at its noon and the other starts there. */
async function assertFree(
  transaction: TenantTransaction,
  employeeId: string,
  { startsOn, endsOn }: LeaveInput,
  { startsAtNoon, endsAtNoon }: TimeOff,
): Promise<void> {
  const others = await transaction.leaveRequest.findMany({
    where: {
      employeeId,
      deletedAt: null,
      status: { in: ['PENDING', 'APPROVED'] },
      startsOn: { lte: endsOn },
      endsOn: { gte: startsOn },
    },
    select: { startsOn: true, endsOn: true, startsAtNoon: true, endsAtNoon: true },
  });
  const overlapping = others.some(
    (other) =>
      !(other.endsOn.getTime() === startsOn.getTime() && other.endsAtNoon && startsAtNoon) &&
      !(other.startsOn.getTime() === endsOn.getTime() && other.startsAtNoon && endsAtNoon),
  );
  if (overlapping) throw refuse('startsOn', message('field.leaveOverlap'));
}
