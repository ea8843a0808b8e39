import { Temporal } from 'temporal-polyfill';

/** A day of the calendar as a column of type `@db.Date` holds it: the moment when it begins in UTC. */
export const dayToDate = (day: Temporal.PlainDate): Date =>
  new Date(day.toZonedDateTime('UTC').epochMilliseconds);

/** The day that such a moment stands for. */
export const dateToDay = (date: Date): Temporal.PlainDate => dayAt(date, 'UTC');

/** The day that it is at a moment in a time zone. */
export const dayAt = (moment: Date, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone).toPlainDate();

/** The days from one to another, both included. */
export function* daysBetween(
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
): Generator<Temporal.PlainDate> {
  for (let day = first; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) yield day;
}
