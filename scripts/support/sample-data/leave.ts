import type { Temporal } from 'temporal-polyfill';
import { dayToDate } from '../../../src/calendar/days.ts';
import { halfDaysOff, type WorksOn } from '../../../src/calendar/working-days.ts';
import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import { annualLeaveDays } from '../../../src/modules/leave-entitlements/annual-leave.service.ts';
import type { SampleEmployee } from './employees.ts';
import type { SampleSource } from './sample-source.ts';

/** Whoever has fewer days of annual leave asks for none. */
const enoughDays = 8;

/** An added request for leave. */
export interface SampleLeave {
  readonly employeeId: string;
  readonly startsOn: Temporal.PlainDate;
  readonly endsOn: Temporal.PlainDate;
}

/**
 * Adds the annual leave of this year, and requests: approved ones of the past weeks, and pending ones.
 * @param worksOn the company's working days in this year.
 * @returns the added requests.
 */
export async function addLeave(
  transaction: TenantTransaction,
  source: SampleSource,
  employees: readonly SampleEmployee[],
  worksOn: WorksOn,
): Promise<SampleLeave[]> {
  const type = await transaction.leaveType.findFirst({
    where: { isAnnual: true, deletedAt: null },
    orderBy: { createdAt: 'asc' },
    select: { id: true },
  });
  if (!type) return [];
  const entitled = employees.map((employee) => ({ employee, days: daysOf(employee, source.today.year) }));
  await transaction.leaveEntitlement.createMany({
    data: entitled.map(({ employee, days }) => ({
      id: source.id('entitlement', employee.id),
      employeeId: employee.id,
      leaveTypeId: type.id,
      year: source.today.year,
      days,
    })),
  });
  const heads = await transaction.department.findMany({
    where: { deletedAt: null, headId: { not: null } },
    select: { id: true, headId: true },
  });
  const headOf = new Map(heads.map(({ id, headId }) => [id, headId]));
  const made = entitled
    .filter(({ days, employee }) => days >= enoughDays && employee.isActive)
    .flatMap(({ employee }) =>
      makeRequests(source, employee, worksOn, headOf.get(employee.departmentId ?? '') ?? null),
    );
  await transaction.leaveRequest.createMany({
    data: made.map(({ startsOn, endsOn, ...row }) => ({
      ...row,
      leaveTypeId: type.id,
      startsOn: dayToDate(startsOn),
      endsOn: dayToDate(endsOn),
    })),
  });
  return made;
}

/** Nobody has records of the years before, so nobody missed a day. */
const daysOf = ({ hiredOn }: SampleEmployee, year: number): number =>
  annualLeaveDays({ hiredOn, leftOn: null, attendanceBetween: () => 1 }, year);

/** One in the past weeks, and one in the next; both only as far as they are in this year. */
function makeRequests(
  { texts, id, today, daysAgo, faker: fakerOf }: SampleSource,
  { id: employeeId, userId }: SampleEmployee,
  worksOn: WorksOn,
  headId: string | null,
) {
  const faker = fakerOf(`leave:${employeeId}`);
  // Nobody decides about their own.
  const decidedBy = headId === userId ? null : headId;
  const past = faker.datatype.boolean(0.5)
    ? today.subtract({ days: faker.number.int({ min: 5, max: 25 }) })
    : null;
  const next = faker.datatype.boolean(0.4)
    ? today.add({ days: faker.number.int({ min: 3, max: 30 }) })
    : null;
  return [past, next].flatMap((startsOn) => {
    const isApproved = startsOn === past;
    const endsOn = startsOn?.add({ days: faker.number.int({ min: 0, max: 2 }) });
    if (!startsOn || !endsOn || startsOn.year !== today.year || endsOn.year !== today.year) return [];
    const startsAtNoon = faker.datatype.boolean(0.2);
    const days = halfDaysOff({ first: startsOn, last: endsOn, startsAtNoon, endsAtNoon: false }, worksOn) / 2;
    if (days === 0 || !worksOn(startsOn)) return [];
    const status = isApproved ? ('APPROVED' as const) : ('PENDING' as const);
    const asked = daysAgo(isApproved ? 40 : 2, '11:15');
    const decision = isApproved ? { decidedBy, decidedAt: daysAgo(39, '16:00') } : {};
    return [
      {
        id: id('leave', `${employeeId}:${status}`),
        employeeId,
        startsOn,
        endsOn,
        startsAtNoon,
        days,
        reason: faker.helpers.arrayElement(texts.leaveReasons),
        status,
        createdAt: asked,
        updatedAt: isApproved ? daysAgo(39, '16:00') : asked,
        ...decision,
      },
    ];
  });
}
