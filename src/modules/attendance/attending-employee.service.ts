import type { Viewer } from '../../auth/viewer.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import { lockRows } from '../../entities/locks.ts';
import { isWithinReach } from '../../entities/row-scope.ts';
import { message, nounOf, ValidationFailedError } from '../../errors/index.ts';

/** An employee whose attendance is about to change. */
export interface AttendingEmployee {
  readonly id: string;
  readonly userId: string | null;
  readonly hiredOn: Date;
  readonly leftOn: Date | null;
}

/**
 * Finds the employee whose attendance the viewer writes, and lets nobody else write it before the transaction ends.
 * @param id null for the viewer's own.
 * @param path of the id in the mutation's arguments.
 * @throws {ValidationFailedError} when there is no such employee, or none whose attendance the viewer may write.
 */
export async function lockAttendingEmployee(
  transaction: TenantTransaction,
  viewer: Viewer,
  id: string | null,
  path: readonly string[],
): Promise<AttendingEmployee> {
  const find = async () => {
    const employee = await transaction.employee.findFirst({
      where: { deletedAt: null, ...(id === null ? { userId: viewer.userId } : { id }) },
      select: { id: true, userId: true, hiredOn: true, leftOn: true },
    });
    return employee && isWithinReach('AttendanceRecord', viewer, 'write', { userId: employee.userId })
      ? employee
      : null;
  };
  const seen = await find();
  if (seen) await lockRows(transaction, 'Employee', [seen.id], 'change');
  const locked = seen && (await find());
  if (locked) return locked;
  throw new ValidationFailedError([
    {
      path,
      message:
        id === null ? message('field.noEmployee') : message('field.noSuch', { type: nounOf('Employee') }),
    },
  ]);
}

/** @throws {ValidationFailedError} when the employee does not work for the company on that day. */
export function assertEmployedOn(
  { hiredOn, leftOn }: AttendingEmployee,
  day: Date,
  path: readonly string[],
): void {
  if (day >= hiredOn && (leftOn === null || day <= leftOn)) return;
  throw new ValidationFailedError([{ path, message: message('field.notEmployed') }]);
}
