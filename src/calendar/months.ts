import { Temporal } from 'temporal-polyfill';

/** The days of a month, such as `2026-11`; null for a text that is none of the years 1900 to 2999. */
export function daysOfMonth(month: string): readonly Temporal.PlainDate[] | null {
  if (!/^(19|2\d)\d\d-(0[1-9]|1[0-2])$/.test(month)) return null;
  const first = Temporal.PlainDate.from(`${month}-01`);
  return Array.from({ length: first.daysInMonth }, (_, days) => first.add({ days }));
}

/** The moment at which a time of day, such as `09:00`, comes on a day in a time zone. */
export const momentOn = (day: Temporal.PlainDate, timeOfDay: string, timeZone: string): Date =>
  new Date(day.toZonedDateTime({ timeZone, plainTime: timeOfDay }).epochMilliseconds);
