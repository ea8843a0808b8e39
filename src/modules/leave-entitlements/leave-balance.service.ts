import type { Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { lockRows } from '../../entities/locks.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { annualLeaveDays } from './annual-leave.service.ts';
import { type EmployedPerson, readService } from './service-record.service.ts';

/** A kind of leave, as far as entitlements to it matter. */
export interface EntitledLeaveType {
  readonly id: string;
  readonly isAnnual: boolean;
}

/** The days of one kind of leave that an employee has in a year. */
export interface LeaveBalance {
  readonly leaveTypeId: string;
  readonly year: number;
  readonly days: Prisma.Decimal;
  readonly carriedOverDays: Prisma.Decimal;
  /** The days of approved requests. */
  readonly approvedDays: Prisma.Decimal;
  /** The days of requests that nobody has decided. */
  readonly pendingDays: Prisma.Decimal;
  readonly remainingDays: Prisma.Decimal;
}

const firstDay = (year: number) => new Date(Date.UTC(year, 0, 1));

/** The condition for the requests that take days of a year. Each lies within one. */
const takingDays = (employeeIds: readonly string[], year: number) => ({
  employeeId: { in: [...employeeIds] },
  deletedAt: null,
  status: { in: ['PENDING' as const, 'APPROVED' as const] },
  startsOn: { gte: firstDay(year), lt: firstDay(year + 1) },
});

/**
 * Reads the days that employees may take in a year, in two statements however many they are.
 * @returns the balances of each employee, in the order of the ids: only those whose entitlements the viewer may read.
 */
export async function readBalances(
  db: TenantDatabase,
  viewer: Viewer,
  employeeIds: readonly string[],
  year: number,
): Promise<LeaveBalance[][]> {
  const entitlements = await db.leaveEntitlement.findMany({
    where: {
      employeeId: { in: [...employeeIds] },
      year,
      deletedAt: null,
      AND: [visibleRows('LeaveEntitlement', viewer, 'read')],
    },
    orderBy: [{ leaveType: { code: 'asc' } }, { id: 'asc' }],
    select: { employeeId: true, leaveTypeId: true, days: true, carriedOverDays: true },
  });
  const taken = await db.leaveRequest.groupBy({
    by: ['employeeId', 'leaveTypeId', 'status'],
    where: takingDays(employeeIds, year),
    _sum: { days: true },
  });
  const balances = entitlements.map(({ employeeId, leaveTypeId, days, carriedOverDays }) => {
    const sumOf = (status: 'PENDING' | 'APPROVED') =>
      taken.find(
        (group) =>
          group.employeeId === employeeId && group.leaveTypeId === leaveTypeId && group.status === status,
      )?._sum.days ?? new Prisma.Decimal(0);
    const [approvedDays, pendingDays] = [sumOf('APPROVED'), sumOf('PENDING')];
    const remainingDays = days.plus(carriedOverDays).minus(approvedDays).minus(pendingDays);
    return { employeeId, leaveTypeId, year, days, carriedOverDays, approvedDays, pendingDays, remainingDays };
  });
  return employeeIds.map((id) => balances.filter(({ employeeId }) => employeeId === id));
}

/**
 * Reads how many days an employee has left, and keeps others from taking them before the transaction ends. Where there
 * is no entitlement to annual leave yet, it is made by the statutory rule.
 */
export async function lockRemainingDays(
  transaction: TenantTransaction,
  employee: EmployedPerson,
  leaveType: EntitledLeaveType,
  year: number,
): Promise<Prisma.Decimal> {
  if (leaveType.isAnnual) await addStatutoryEntitlement(transaction, employee, leaveType.id, year);
  const where = { employeeId: employee.id, leaveTypeId: leaveType.id, year, deletedAt: null };
  const found = await transaction.leaveEntitlement.findFirst({ where, select: { id: true } });
  if (found) await lockRows(transaction, 'LeaveEntitlement', [found.id], 'change');
  const entitlement = await transaction.leaveEntitlement.findFirst({ where });
  const given = entitlement?.days.plus(entitlement.carriedOverDays) ?? new Prisma.Decimal(0);
  const { _sum } = await transaction.leaveRequest.aggregate({
    where: { ...takingDays([employee.id], year), leaveTypeId: leaveType.id },
    _sum: { days: true },
  });
  return given.minus(_sum.days ?? 0);
}

/** Adds the entitlement of the statutory rule, unless there is one: another request may have added it just now. */
async function addStatutoryEntitlement(
  transaction: TenantTransaction,
  employee: EmployedPerson,
  leaveTypeId: string,
  year: number,
): Promise<void> {
  const where = { employeeId: employee.id, leaveTypeId, year, deletedAt: null };
  if (await transaction.leaveEntitlement.findFirst({ where, select: { id: true } })) return;
  const days = annualLeaveDays(await readService(transaction, employee, year), year);
  await transaction.leaveEntitlement.createMany({
    data: [{ employeeId: employee.id, leaveTypeId, year, days }],
    skipDuplicates: true,
  });
}
