import { type AuditActor, changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import { lockRows } from '../../entities/locks.ts';
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

/** The most days that the column of an entitlement holds. */
const mostDays = 9999.5;

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
  const seen = await employedIn(transaction, next);
  // Nobody asks for leave meanwhile, or gets another entitlement.
  await lockRows(
    transaction,
    'Employee',
    seen.map(({ id }) => id),
    'keep',
  );
  const written = { added: 0, changed: 0 };
  for (const employee of await employedIn(transaction, next)) {
    for (const wanted of await entitlementsFor(transaction, employee, year)) {
      const done = await writeEntitlement(transaction, actor, {
        ...wanted,
        employeeId: employee.id,
        year: next,
      });
      if (done) written[done]++;
    }
  }
  return written;
}

/** The days that an entitlement is to have, unless an administrator has set them. */
interface WantedEntitlement {
  readonly employeeId: string;
  readonly leaveTypeId: string;
  readonly year: number;
  /** The days of the statutory rule; null where there is none, and they stay as they are. */
  readonly days: Prisma.Decimal | null;
  readonly carriedOverDays: Prisma.Decimal;
}

/** Adds an entitlement, or brings it up to date, whoever adds or sets it at the same time. */
async function writeEntitlement(
  transaction: TenantTransaction,
  actor: AuditActor,
  { days, carriedOverDays, ...key }: WantedEntitlement,
): Promise<keyof CarryOverReport | null> {
  if (days?.gt(0) || carriedOverDays.gt(0)) {
    const [added] = await transaction.leaveEntitlement.createManyAndReturn({
      data: [{ ...key, days: days ?? 0, carriedOverDays }],
      skipDuplicates: true,
    });
    if (added) {
      await recordAudit(transaction, actor, {
        action: 'leaveEntitlement.create',
        entityType: 'LeaveEntitlement',
        entityId: added.id,
        changes: changesBetween(null, { ...numbersOf(added), year: key.year }),
      });
      return 'added';
    }
  }
  const where = { ...key, deletedAt: null };
  const found = await transaction.leaveEntitlement.findFirst({ where, select: { id: true } });
  if (!found) return null;
  await lockRows(transaction, 'LeaveEntitlement', [found.id], 'change');
  const before = await transaction.leaveEntitlement.findFirst({ where });
  if (!before || before.isOverridden) return null;
  const after = { days: days ?? before.days, carriedOverDays };
  if (before.days.equals(after.days) && before.carriedOverDays.equals(carriedOverDays)) return null;
  await transaction.leaveEntitlement.update({ where: { id: before.id }, data: after });
  await recordAudit(transaction, actor, {
    action: 'leaveEntitlement.update',
    entityType: 'LeaveEntitlement',
    entityId: before.id,
    changes: changesBetween(numbersOf(before), numbersOf(after)),
  });
  return 'changed';
}

const numbersOf = (row: { readonly days: Prisma.Decimal; readonly carriedOverDays: Prisma.Decimal }) => ({
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
    const days = leaveType.isAnnual
      ? new Prisma.Decimal(annualLeaveDays(await readService(transaction, employee, year + 1), year + 1))
      : null;
    found.push({ leaveTypeId: leaveType.id, days, carriedOverDays });
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
  return Prisma.Decimal.max(0, Prisma.Decimal.min(left, leaveType.maxCarryOverDays ?? left, mostDays));
}
