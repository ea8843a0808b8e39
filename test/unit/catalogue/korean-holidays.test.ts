import Holidays, { type HolidaysTypes } from 'date-holidays';
import { describe, expect, it } from 'vitest';
import { koreanHolidays } from '../../../src/catalogue/korean-holidays.ts';

/** Days off that are no public holidays everywhere in Korea, or not every year. */
const beyondTheLibrary = new Set(['노동절', '전국동시지방선거', '국회의원선거']);

const dayInSeoul = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Seoul' });

/** Every day of a holiday, which the library gives as moments: Seollal from its day on instead of from the eve. */
function daysOf({ name, start, end }: Pick<HolidaysTypes.Holiday, 'name' | 'start' | 'end'>): string[] {
  const found: string[] = [];
  const ahead = name === '설날' ? 86_400_000 : 0;
  for (let moment = start.getTime(); moment < end.getTime(); moment += 86_400_000) {
    found.push(dayInSeoul.format(moment - ahead));
  }
  return found;
}

function daysByLibrary(year: number): string[] {
  const holidays = new Holidays('KR', { languages: ['ko'] }).getHolidays(year);
  const off = holidays.filter(({ type }) => type === 'public').flatMap(daysOf);
  return [...new Set(off)].filter((day) => day.startsWith(String(year))).sort();
}

describe('Korea’s public holidays', () => {
  it.each([2026, 2027, 2028])('of %i are those that an independent library works out', (year) => {
    const ours = koreanHolidays(year)
      .filter(({ date, name }) => date.startsWith(String(year)) && !beyondTheLibrary.has(name))
      .map(({ date }) => date);
    expect(ours.toSorted()).toEqual(daysByLibrary(year));
  });

  it('are given for a year and the next, each with its day', () => {
    const both = koreanHolidays(2026);
    expect(new Set(both.map(({ date }) => date.slice(0, 4)))).toEqual(new Set(['2026', '2027']));
    expect(both).toContainEqual({ date: '2027-02-09', name: '대체공휴일(설날)', isSubstitute: true });
    expect(both.every(({ date }) => new Date(date).toISOString().startsWith(date))).toBe(true);
  });

  it('have no substitute on a weekend', () => {
    for (const { date, isSubstitute } of koreanHolidays(2026)) {
      if (isSubstitute) expect([date, [0, 6].includes(new Date(date).getUTCDay())]).toEqual([date, false]);
    }
  });
});
