import { expect, it } from 'vitest';
import { dayInBounds, parseDay, writeDay } from '../../../src/db/days.ts';
import { UnusableServerError } from '../../../src/db/unusable-server-error.ts';

it.each(['0001-01-01', '0099-12-31', '1970-01-01', '2024-02-29', '9999-12-31'])(
  '%s is read as a day, and written as the same',
  (text) => {
    const day = parseDay(text);
    expect(day?.getUTCHours()).toBe(0);
    expect(day && writeDay(day)).toBe(text);
    expect(dayInBounds(text)).toBe(text);
  },
);

it.each([
  '0000-12-31',
  '2023-02-29',
  '2026-13-01',
  '2026-04-31',
  '2026-1-1',
  '10000-01-01',
  '2026-01-31T00:00',
])('%s is no day', (text) => expect(parseDay(text)).toBeNull());

it.each([
  ['infinity', '9999-12-31'],
  ['10000-01-01', '9999-12-31'],
  ['5874897-12-31', '9999-12-31'],
  ['-infinity', '0001-01-01'],
  ['0044-03-15 BC', '0001-01-01'],
])('%s of a server becomes %s, the nearest that clients can be told', (text, day) => {
  expect(dayInBounds(text)).toBe(day);
});

it.each(['31.01.2026', '01/31/2026', ''])('%s of a server is refused: its style might be another', (text) => {
  expect(() => dayInBounds(text)).toThrow(UnusableServerError);
});
