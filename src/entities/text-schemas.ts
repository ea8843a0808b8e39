import { z } from 'zod';
import { textSchema } from '../db/text.ts';
import { plainLine, usualWidth, within } from '../db/text-forms.ts';

/** The factors of a business registration number's first nine digits. */
const factors = [1, 3, 7, 1, 3, 7, 1, 3, 5] as const;

/** A Korean business registration number as the National Tax Service issues it: ten digits, with or without hyphens. */
export const businessNumberSchema = z
  .string()
  .overwrite(within(10, (text) => usualWidth(plainLine(text)).replace(/^(\d{3})-(\d{2})-(\d{5})$/, '$1$2$3')))
  .max(10, { error: 'field.businessNumber', abort: true })
  .refine(isBusinessNumber, 'field.businessNumber');

function isBusinessNumber(text: string): boolean {
  if (!/^\d{10}$/.test(text)) return false;
  const digits = Array.from(text, Number);
  const sum = factors.reduce((total, factor, place) => total + factor * (digits[place] ?? 0), 0);
  const carry = Math.floor(((digits[8] ?? 0) * 5) / 10);
  return (10 - ((sum + carry) % 10)) % 10 === digits[9];
}

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** The code of a currency in use, in capital letters. */
export const currencySchema = z
  .string()
  .overwrite(within(3, (text) => usualWidth(plainLine(text)).toUpperCase()))
  .max(3, { error: 'field.currency', abort: true })
  .refine((text) => currencies.has(text), 'field.currency');

/** An address that a browser can open: of a page, and without a password. */
export function webAddressSchema(maximumLength: number) {
  return textSchema(maximumLength).refine(isWebAddress, 'field.webAddress');
}

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s/.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

/** Lines of text in the order in which they were given, each of them once. In files, semicolons stand between them. */
export function textListSchema(maximumCount: number, maximumLength: number): z.ZodType<string[]> {
  return z
    .array(textSchema(maximumLength).refine((text) => !text.includes(';'), 'field.semicolon'))
    .transform((texts) => [...new Set(texts)])
    .pipe(z.array(z.string()).max(maximumCount));
}
