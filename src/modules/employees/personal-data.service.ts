import { z } from 'zod';
import { parseDay, writeDay } from '../../db/days.ts';
import { phoneSchema, textSchema } from '../../db/text.ts';
import { usualWidth } from '../../db/text-forms.ts';
import { sealed } from '../../entities/sealed-fields.ts';

/** Nobody who works today was born before. */
const earliestBirth = new Date('1900-01-01T00:00:00.000Z');

const birthDateSchema = z
  .date()
  .refine((day) => day >= earliestBirth && day.getTime() <= Date.now(), { error: 'field.birthDate' })
  .transform(writeDay);

/** The digit after the hyphen tells the century of birth, the sex, and whether it is a foreigner's number. */
const centuries: Readonly<Record<string, string>> = {
  1: '19',
  2: '19',
  3: '20',
  4: '20',
  5: '19',
  6: '19',
  7: '20',
  8: '20',
};

/**
 * A resident registration number, or a foreigner's. Numbers that were given out since October 2020 have no check digit,
 * so that only the day of birth can be checked.
 */
const residentNumberSchema = textSchema(32)
  .overwrite(usualWidth)
  .regex(/^\d{6}-?\d{7}$/, { error: 'field.residentNumber', abort: true })
  .overwrite((text) => text.replace(/^(\d{6})-?/, '$1-'))
  .refine(hasBirthDay, { error: 'field.residentNumber' });

function hasBirthDay(residentNumber: string): boolean {
  const [, year, month, day, kind = ''] = /^(\d\d)(\d\d)(\d\d)-(\d)/.exec(residentNumber) ?? [];
  const century = centuries[kind];
  return century !== undefined && parseDay(`${century}${year}-${month}-${day}`) !== null;
}

/** A bank's name, without digits that might be a part of the number, and a number of digits and hyphens. */
const bankAccountPattern = /^(?<bank>[^\d*]{1,64}) (?<number>\d[\d-]{4,38}\d)$/;

const bankAccountSchema = textSchema(104)
  .overwrite(usualWidth)
  .regex(bankAccountPattern, { error: 'field.bankAccount' });

const homeAddressSchema = textSchema(512).refine((text) => !text.includes('*'), { error: 'field.masked' });

/** Replaces all digits but so many at both ends. */
function maskDigits(text: string, first: number, last: number): string {
  const digits = text.replace(/\D/g, '').length;
  let place = 0;
  return text.replace(/\d/g, (digit) => {
    place++;
    return place <= first || place > digits - last ? digit : '*';
  });
}

/** Shorter numbers would be told by their ends. */
const longPhone = 9;

function maskPhone(phone: string): string {
  const isLong = phone.replace(/\D/g, '').length >= longPhone;
  return isLong ? maskDigits(phone, 3, 4) : maskDigits(phone, 0, 2);
}

/** Korean addresses begin with the largest area, such as a city and its district; others with the house. */
function maskAddress(address: string): string {
  const areas = /^(\p{Script=Hangul}+) (\p{Script=Hangul}+)(?= )/u.exec(address);
  return areas ? `${areas[0]} ***` : '***';
}

function maskAccount(account: string): string {
  const { bank = '***', number = '' } = bankAccountPattern.exec(account)?.groups ?? {};
  return `${bank} ${maskDigits(number, 0, 4)}`;
}

/**
 * The personal data of an employee, each field encrypted with the tenant's key. Masks show the year of birth at most, so
 * the resident number's shows no more of it.
 */
export const personalData = {
  permission: 'employees:sensitive',
  readAction: 'employee.read_sensitive',
  fields: {
    birthDate: sealed(birthDateSchema, {
      type: 'Date',
      meaning: 'The day of birth.',
      bounds: 'Since 1900, and not in the future.',
      mask: (day) => `${day.slice(0, 4)}-**-**`,
      masked: '1990-**-**',
    }),
    personalPhone: sealed(phoneSchema, {
      meaning: 'The telephone number outside of work.',
      bounds: 'Digits, at least three, spaces and `+ ( ) . / -`.',
      mask: maskPhone,
      masked: '010-****-5678',
    }),
    homeAddress: sealed(homeAddressSchema, {
      meaning: 'Where the employee lives.',
      bounds: 'At most 512 characters, without asterisks.',
      mask: maskAddress,
      masked: '서울특별시 강남구 ***',
    }),
    bankAccount: sealed(bankAccountSchema, {
      meaning: 'The account for the salary: the bank, a space, and the number.',
      bounds: 'The number has 6 to 40 digits and hyphens, e.g. `국민은행 123456-01-234567`.',
      mask: maskAccount,
      masked: '국민은행 ******-**-**4567',
    }),
    residentNumber: sealed(residentNumberSchema, {
      meaning: 'The resident registration number.',
      bounds: 'Thirteen digits, the hyphen after the sixth may be missing, e.g. `900101-1234567`.',
      mask: (number) => `${number.slice(0, 2)}****-*******`,
      masked: '90****-*******',
    }),
  },
} as const;
