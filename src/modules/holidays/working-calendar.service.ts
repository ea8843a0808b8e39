import type { Temporal } from 'temporal-polyfill';
import { dateToDay, dayToDate } from '../../calendar/days.ts';
import { type WorksOn, worksOutside } from '../../calendar/working-days.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';

/** Reads which days of a period the company works on: all but weekends and its holidays. */
export async function readWorkingDays(
  db: TenantDatabase,
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
): Promise<WorksOn> {
  const holidays = await db.holiday.findMany({
    where: { deletedAt: null, date: { gte: dayToDate(first), lte: dayToDate(last) } },
    select: { date: true },
  });
  return worksOutside(new Set(holidays.map(({ date }) => dateToDay(date).toString())));
}
