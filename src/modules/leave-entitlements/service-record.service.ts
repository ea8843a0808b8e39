import { Temporal } from 'temporal-polyfill';
import { dateToDay, daysBetween, dayToDate } from '../../calendar/days.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { readWorkingDays } from '../holidays/working-calendar.service.ts';
import type { Service } from './annual-leave.service.ts';

/** An employee, as far as their service matters. */
export interface EmployedPerson {
  readonly id: string;
  readonly hiredOn: Date;
  readonly leftOn: Date | null;
}

/**
 * Reads an employee's attendance up to the end of a year. A working day counts as attended when a record or approved
 * leave says so, and so does every day of a period without a record: a company that keeps no records misses none.
 */
export async function readService(
  db: TenantDatabase,
  { id, hiredOn, leftOn }: EmployedPerson,
  year: number,
): Promise<Service> {
  const first = dateToDay(hiredOn);
  const last = Temporal.PlainDate.from({ year, month: 12, day: 31 });
  const worksOn = await readWorkingDays(db, first, last);
  const records = await db.attendanceRecord.findMany({
    where: { employeeId: id, deletedAt: null },
    select: { workDate: true },
    distinct: ['workDate'],
  });
  const recorded = records.map(({ workDate }) => dateToDay(workDate).toString()).sort();
  const attended = new Set(recorded);
  for (const leave of await db.leaveRequest.findMany({
    where: { employeeId: id, deletedAt: null, status: 'APPROVED', startsOn: { lte: dayToDate(last) } },
    select: { startsOn: true, endsOn: true },
  })) {
    for (const day of daysBetween(dateToDay(leave.startsOn), dateToDay(leave.endsOn))) {
      attended.add(day.toString());
    }
  }
  const newest = recorded.at(-1);
  return {
    hiredOn: first,
    leftOn: leftOn && dateToDay(leftOn),
    attendanceBetween: (from, to) => {
      const [start, end] = [from.toString(), to.toString()];
      if (newest === undefined || !recorded.some((day) => day >= start && day < end)) return 1;
      let [working, present] = [0, 0];
      for (const day of daysBetween(from, to.subtract({ days: 1 }))) {
        // What is still to come is not missed.
        if (!worksOn(day) || day.toString() > newest) continue;
        working++;
        if (attended.has(day.toString())) present++;
      }
      return working === 0 ? 1 : present / working;
    },
  };
}
