/** A public holiday. */
export interface PublicHoliday {
  /** The day, such as `2026-01-01`. */
  readonly date: string;
  readonly name: string;
  /** Whether it stands in for one that falls on a weekend or on another holiday. */
  readonly isSubstitute: boolean;
}

/** The source of the table below, as tenants see it. */
export const koreanHolidaysSource = '공휴일에 관한 법률, 관공서의 공휴일에 관한 규정, 우주항공청 월력요항';

/**
 * Korea's public holidays, with those that depend on the moon and substitute holidays worked out. The day of labour is
 * among them, because it is a paid holiday of every worker (근로자의 날 제정에 관한 법률). Elections before their time and days that the
 * government declares at short notice are for each company to add.
 */
const days: Readonly<Record<number, readonly (readonly [date: string, name: string])[]>> = {
  2026: [
    ['2026-01-01', '신정'],
    ['2026-02-16', '설날 연휴'],
    ['2026-02-17', '설날'],
    ['2026-02-18', '설날 연휴'],
    ['2026-03-01', '삼일절'],
    ['2026-03-02', '대체공휴일(삼일절)'],
    ['2026-05-01', '노동절'],
    ['2026-05-05', '어린이날'],
    ['2026-05-24', '부처님오신날'],
    ['2026-05-25', '대체공휴일(부처님오신날)'],
    ['2026-06-03', '전국동시지방선거'],
    ['2026-06-06', '현충일'],
    ['2026-07-17', '제헌절'],
    ['2026-08-15', '광복절'],
    ['2026-08-17', '대체공휴일(광복절)'],
    ['2026-09-24', '추석 연휴'],
    ['2026-09-25', '추석'],
    ['2026-09-26', '추석 연휴'],
    ['2026-10-03', '개천절'],
    ['2026-10-05', '대체공휴일(개천절)'],
    ['2026-10-09', '한글날'],
    ['2026-12-25', '성탄절'],
  ],
  2027: [
    ['2027-01-01', '신정'],
    ['2027-02-06', '설날 연휴'],
    ['2027-02-07', '설날'],
    ['2027-02-08', '설날 연휴'],
    ['2027-02-09', '대체공휴일(설날)'],
    ['2027-03-01', '삼일절'],
    ['2027-05-01', '노동절'],
    ['2027-05-05', '어린이날'],
    ['2027-05-13', '부처님오신날'],
    ['2027-06-06', '현충일'],
    ['2027-07-17', '제헌절'],
    ['2027-07-19', '대체공휴일(제헌절)'],
    ['2027-08-15', '광복절'],
    ['2027-08-16', '대체공휴일(광복절)'],
    ['2027-09-14', '추석 연휴'],
    ['2027-09-15', '추석'],
    ['2027-09-16', '추석 연휴'],
    ['2027-10-03', '개천절'],
    ['2027-10-04', '대체공휴일(개천절)'],
    ['2027-10-09', '한글날'],
    ['2027-10-11', '대체공휴일(한글날)'],
    ['2027-12-25', '성탄절'],
    ['2027-12-27', '대체공휴일(성탄절)'],
  ],
  2028: [
    ['2028-01-01', '신정'],
    ['2028-01-26', '설날 연휴'],
    ['2028-01-27', '설날'],
    ['2028-01-28', '설날 연휴'],
    ['2028-03-01', '삼일절'],
    ['2028-04-12', '국회의원선거'],
    ['2028-05-01', '노동절'],
    ['2028-05-02', '부처님오신날'],
    ['2028-05-05', '어린이날'],
    ['2028-06-06', '현충일'],
    ['2028-07-17', '제헌절'],
    ['2028-08-15', '광복절'],
    ['2028-10-02', '추석 연휴'],
    ['2028-10-03', '추석'],
    ['2028-10-04', '추석 연휴'],
    ['2028-10-05', '대체공휴일(개천절)'],
    ['2028-10-09', '한글날'],
    ['2028-12-25', '성탄절'],
  ],
};

/** The public holidays of a year and the next, as far as they are known: of years after the table's end there are none. */
export function koreanHolidays(year: number): readonly PublicHoliday[] {
  return [year, year + 1].flatMap((each) =>
    (days[each] ?? []).map(([date, name]) => ({ date, name, isSubstitute: name.startsWith('대체공휴일') })),
  );
}
