import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { annualLeaveDays } from '../../../src/modules/leave-entitlements/annual-leave.service.ts';

const day = (text: string) => Temporal.PlainDate.from(text);
const always = () => 1;

const service = (hiredOn: string, more: object = {}) => ({
  hiredOn: day(hiredOn),
  leftOn: null,
  attendanceBetween: always,
  ...more,
});

describe('annual leave by the Labour Standards Act, article 60', () => {
  it.each([
    // One a month before the first anniversary.
    ['2026-03-15', 2026, 9],
    ['2026-12-31', 2026, 0],
    // The last two of them, and 15 on the anniversary.
    ['2026-03-15', 2027, 17],
    ['2026-01-01', 2026, 11],
    ['2026-01-01', 2027, 15],
    ['2026-01-01', 2028, 15],
    // One more for every two years beyond the first.
    ['2026-01-01', 2029, 16],
    ['2026-01-01', 2030, 16],
    ['2026-01-01', 2031, 17],
    // At most 25, after 21 years.
    ['2006-01-01', 2026, 24],
    ['2005-01-01', 2026, 25],
    ['1990-01-01', 2026, 25],
    // Before somebody is hired.
    ['2026-03-15', 2025, 0],
    // A day that not every year has.
    ['2024-02-29', 2025, 16],
    ['2024-02-29', 2027, 16],
    ['2026-01-31', 2026, 11],
  ])('of somebody hired on %s is in %i %i days', (hiredOn, year, days) => {
    expect(annualLeaveDays(service(hiredOn), year)).toBe(days);
  });

  it('is 15 days after exactly 80 % attendance, and less after less', () => {
    const attending = (share: number) =>
      service('2024-01-01', {
        attendanceBetween: (from: Temporal.PlainDate, to: Temporal.PlainDate) =>
          from.until(to, { largestUnit: 'days' }).days > 100 ? share : from.month <= 5 ? 1 : 0.5,
      });
    expect(annualLeaveDays(attending(0.8), 2025)).toBe(15);
    // One for each month of full attendance.
    expect(annualLeaveDays(attending(0.7999), 2026)).toBe(5);
  });

  it('has no day for a month in which one was missed', () => {
    const absentInMay = service('2026-01-01', {
      attendanceBetween: (from: Temporal.PlainDate) => (from.month === 5 ? 0.95 : 1),
    });
    expect(annualLeaveDays(absentInMay, 2026)).toBe(10);
  });

  it('is not earned after the last day', () => {
    expect(annualLeaveDays(service('2026-01-01', { leftOn: day('2026-03-01') }), 2026)).toBe(2);
    expect(annualLeaveDays(service('2025-06-01', { leftOn: day('2026-05-31') }), 2026)).toBe(5);
    expect(annualLeaveDays(service('2025-06-01', { leftOn: day('2026-06-01') }), 2026)).toBe(20);
  });
});
