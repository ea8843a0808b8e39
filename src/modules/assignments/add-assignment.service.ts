import { changesBetween } from '../../audit/audit-entry.ts';
import { type EntityWork, insertRow } from '../../entities/changes.ts';
import type { RowOf } from '../../entities/entity.ts';
import { assignments } from './assignment.service.ts';

/**
 * Adds an assignment of an employee whom the viewer may change, whether or not they may read them: so the employee is
 * not checked as what an input refers to.
 * @throws as {@link insertRow}.
 */
export async function addAssignment(
  { transaction, actor }: Pick<EntityWork<'Employee'>, 'transaction' | 'actor'>,
  { id: employeeId, userId }: Pick<RowOf<'Employee'>, 'id' | 'userId'>,
  { employeeId: _checked, ...given }: Partial<RowOf<'Assignment'>>,
): Promise<void> {
  await insertRow(
    { entity: assignments, transaction, actor },
    { ...given, userId },
    { select: { id: true } },
    { data: { employeeId }, changes: changesBetween(null, { employeeId }) },
  );
}
