import { type AuditActor, changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { annualLeaveDays } from './annual-leave.service.ts';
import { readService } from './service-record.service.ts';

/** What a turn of the year has changed. */
export interface CarryOverReport {
  /** Entitlements of the new year that were added. */
  readonly added: number;
  /** Entitlements of the new year that have got other numbers. */
  readonly changed: number;
}

/** Keeps two runs for one tenant from working at the same time. */
const carryOverLock = 0x6c_65_61_76;

/**
 * Prepares the year after `year`: days that are left are carried over, up to what each kind of leave allows, and annual
 * leave is computed by the statutory rule. Numbers that an administrator has set stay. Run again, it computes the same
 * anew, and so changes only what has changed since.
 */
export async function carryOverLeave(
  transaction: TenantTransaction,
  actor: AuditActor,
  year: number,
): Promise<CarryOverReport> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${carryOverLock}::int, ${year}::int)`;
  const next = year + 1;
  let [added, changed] = [0, 0];
  for (const employee of await employedIn(transaction, next)) {
    for (const { leaveType, days, carriedOverDays } of await entitlementsFor(transaction, employee, year)) {
      const where = { employeeId: employee.id, leaveTypeId: leaveType.id, year: next, deletedAt: null };
      const before = await transaction.leaveEntitlement.findFirst({ where });
      if (before?.isOverridden) continue;
      const data = { days, carriedOverDays };
      if (before?.days.equals(days) && before.carriedOverDays.equals(carriedOverDays)) continue;
      const row = before
        ? await transaction.leaveEntitlement.update({ where: { id: before.id }, data })
        : await transaction.leaveEntitlement.create({
            data: { employeeId: employee.id, leaveTypeId: leaveType.id, year: next, ...data },
          });
      if (before) changed++;
      else added++;
      await recordAudit(transaction, actor, {
        action: before ? 'leaveEntitlement.update' : 'leaveEntitlement.create',
        entityType: 'LeaveEntitlement',
        entityId: row.id,
        changes: changesBetween(before && written(before), { ...written(row), year: next }),
      });
    }
  }
  return { added, changed };
}

const written = (row: { readonly days: Prisma.Decimal; readonly carriedOverDays: Prisma.Decimal }) => ({
  days: row.days.toFixed(),
  carriedOverDays: row.carriedOverDays.toFixed(),
});

interface Employee {
  readonly id: string;
  readonly hiredOn: Date;
  readonly leftOn: Date | null;
}

/** The employees who are still there when a year begins. */
function employedIn(transaction: TenantTransaction, year: number): Promise<Employee[]> {
  const begins = new Date(Date.UTC(year, 0, 1));
  return transaction.employee.findMany({
    where: { deletedAt: null, hiredOn: { lt: begins }, OR: [{ leftOn: null }, { leftOn: { gte: begins } }] },
    orderBy: { id: 'asc' },
    select: { id: true, hiredOn: true, leftOn: true },
  });
}

/** The entitlements of the next year that follow from those of this one, and from the statutory rule. */
async function entitlementsFor(transaction: TenantTransaction, employee: Employee, year: number) {
  const leaveTypes = await transaction.leaveType.findMany({
    where: { deletedAt: null, isActive: true },
    select: { id: true, isAnnual: true, maxCarryOverDays: true },
    orderBy: { code: 'asc' },
  });
  const entitlements = await transaction.leaveEntitlement.findMany({
    where: { employeeId: employee.id, year, deletedAt: null },
    select: { leaveTypeId: true, days: true, carriedOverDays: true },
  });
  const found = [];
  for (const leaveType of leaveTypes) {
    const entitlement = entitlements.find(({ leaveTypeId }) => leaveTypeId === leaveType.id);
    const carriedOverDays = entitlement
      ? await leftOver(transaction, employee.id, leaveType, entitlement, year)
      : new Prisma.Decimal(0);
    const days = new Prisma.Decimal(
      leaveType.isAnnual ? annualLeaveDays(await readService(transaction, employee, year + 1), year + 1) : 0,
    );
    if (days.isZero() && carriedOverDays.isZero()) continue;
    found.push({ leaveType, days, carriedOverDays });
  }
  return found;
}

/** The days of a year that nobody has taken or asked for, as far as they may be carried over. */
async function leftOver(
  transaction: TenantTransaction,
  employeeId: string,
  leaveType: { readonly id: string; readonly maxCarryOverDays: Prisma.Decimal | null },
  entitlement: { readonly days: Prisma.Decimal; readonly carriedOverDays: Prisma.Decimal },
  year: number,
): Promise<Prisma.Decimal> {
  const { _sum } = await transaction.leaveRequest.aggregate({
    where: {
      employeeId,
      leaveTypeId: leaveType.id,
      deletedAt: null,
      status: { in: ['PENDING', 'APPROVED'] },
      startsOn: { gte: new Date(Date.UTC(year, 0, 1)), lt: new Date(Date.UTC(year + 1, 0, 1)) },
    },
    _sum: { days: true },
  });
  const left = entitlement.days.plus(entitlement.carriedOverDays).minus(_sum.days ?? 0);
  return Prisma.Decimal.max(0, Prisma.Decimal.min(left, leaveType.maxCarryOverDays ?? left));
}
