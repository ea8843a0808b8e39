import type { Temporal } from 'temporal-polyfill';
import { daysBetween } from './days.ts';

/** Returns whether a day is one on which the company works. */
export type WorksOn = (day: Temporal.PlainDate) => boolean;

/** The working days of a company that rests on weekends and on these days, such as `2026-01-01`. */
export function worksOutside(holidays: ReadonlySet<string>): WorksOn {
  return (day) => day.dayOfWeek < 6 && !holidays.has(day.toString());
}

/** A time off: whole days, but for an afternoon at its start or a morning at its end. */
export interface TimeOff {
  readonly first: Temporal.PlainDate;
  readonly last: Temporal.PlainDate;
  readonly startsAtNoon: boolean;
  readonly endsAtNoon: boolean;
}

/** The number of half working days in a time off. */
export function halfDaysOff({ first, last, startsAtNoon, endsAtNoon }: TimeOff, worksOn: WorksOn): number {
  let halves = 0;
  for (const day of daysBetween(first, last)) {
    if (!worksOn(day)) continue;
    halves += 2;
    if (startsAtNoon && day.equals(first)) halves--;
    if (endsAtNoon && day.equals(last)) halves--;
  }
  return halves;
}
