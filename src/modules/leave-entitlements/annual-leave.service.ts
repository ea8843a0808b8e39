import { Temporal } from 'temporal-polyfill';

/** The service of an employee, as far as their annual leave depends on it. */
export interface Service {
  readonly hiredOn: Temporal.PlainDate;
  /** The last day; null while they stay. */
  readonly leftOn: Temporal.PlainDate | null;
  /** The share of working days that they attended from one day up to, but not including, another: 0 to 1. */
  readonly attendanceBetween: (from: Temporal.PlainDate, to: Temporal.PlainDate) => number;
}

const enoughAttendance = 0.8;
const fullYear = 15;
const most = 25;
const monthsOfYear = 12;

/**
 * The days of annual leave that an employee earns in a calendar year by Korea's Labour Standards Act, article 60: one
 * for each month of full attendance in their first year (2); 15 on each anniversary after a year of at least 80 %
 * attendance (1), one more for every two years beyond the first and at most 25 (4); after a year of less, one for each
 * month of full attendance (2). Days earned before they leave are theirs.
 */
export function annualLeaveDays(service: Service, year: number): number {
  const { hiredOn } = service;
  const isEarned = (day: Temporal.PlainDate) =>
    day.year === year && (service.leftOn === null || Temporal.PlainDate.compare(day, service.leftOn) <= 0);
  let days = 0;
  for (let month = 1; month < monthsOfYear; month++) {
    if (isEarned(hiredOn.add({ months: month })) && isFullMonth(service, month)) days++;
  }
  const anniversary = year - hiredOn.year;
  if (anniversary > 0 && isEarned(hiredOn.add({ years: anniversary }))) days += daysFor(service, anniversary);
  return days;
}

/** The days for a completed year of service, counted from 1. */
function daysFor(service: Service, completed: number): number {
  const { hiredOn, attendanceBetween } = service;
  const attendance = attendanceBetween(
    hiredOn.add({ years: completed - 1 }),
    hiredOn.add({ years: completed }),
  );
  if (attendance >= enoughAttendance) return Math.min(most, fullYear + Math.floor((completed - 1) / 2));
  const first = (completed - 1) * monthsOfYear;
  const months = Array.from({ length: monthsOfYear }, (_, index) => first + index + 1);
  return months.filter((month) => isFullMonth(service, month)).length;
}

/** Whether no working day of a month of service, counted from 1, was missed. */
function isFullMonth({ hiredOn, attendanceBetween }: Service, month: number): boolean {
  return attendanceBetween(hiredOn.add({ months: month - 1 }), hiredOn.add({ months: month })) === 1;
}
