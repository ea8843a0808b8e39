import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import { lockRows } from '../../entities/locks.ts';
import { annualLeaveDays } from './annual-leave.service.ts';
import { type EmployedPerson, readService } from './service-record.service.ts';

/**
 * Computes an employee's annual leave anew, from a year on: to be called in the transaction that has changed when they
 * were hired. Numbers that an administrator has set stay, and what was carried over.
 */
export async function recomputeAnnualLeave(
  transaction: TenantTransaction,
  actor: Actor,
  employee: EmployedPerson,
  firstYear: number,
): Promise<void> {
  const where = {
    employeeId: employee.id,
    year: { gte: firstYear },
    isOverridden: false,
    deletedAt: null,
    leaveType: { isAnnual: true },
  };
  const seen = await transaction.leaveEntitlement.findMany({ where, select: { id: true } });
  await lockRows(
    transaction,
    'LeaveEntitlement',
    seen.map(({ id }) => id),
    'change',
  );
  for (const { id, year, days } of await transaction.leaveEntitlement.findMany({ where })) {
    const computed = annualLeaveDays(await readService(transaction, employee, year), year);
    if (days.equals(computed)) continue;
    await transaction.leaveEntitlement.update({ where: { id }, data: { days: computed } });
    await recordAudit(transaction, actor, {
      action: 'leaveEntitlement.update',
      entityType: 'LeaveEntitlement',
      entityId: id,
      changes: changesBetween({ days: days.toFixed() }, { days: String(computed) }),
    });
  }
}
