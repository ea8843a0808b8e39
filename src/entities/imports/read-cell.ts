import { parseDay } from '../../db/days.ts';
import { type FieldMessage, message } from '../../errors/index.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import type { EntityField } from '../fields.ts';

/** The value of a cell as the field's schema takes it, or what is wrong with its text. */
export type CellValue = { readonly value: unknown } | { readonly fault: FieldMessage };

/** Other words for the values of an enum, such as those of the file's language. */
export type ChoiceWords = Readonly<Record<string, string>>;

/** What an export puts before the text of a formula, to keep it from running. */
const defusal = /^'(?='*[=+\-@\t\r＝＋－＠])/;

const wholeNumber = /^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)$/;
const decimalNumber = /^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/;

/** As spreadsheets write days, Korean ones among them. */
const day = /^(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?$/;

/** Returns the text of a cell, without what an export has added to it. */
export function cellText(cell: string): string {
  return cell.trim().replace(defusal, '');
}

/** Reads the text of a cell, which isn't empty, as a value of a field. */
export function readCell({ type }: EntityField, text: string, words: ChoiceWords): CellValue {
  if (Array.isArray(type)) return { value: text.split(';').filter((each) => each.trim() !== '') };
  switch (type) {
    case 'Int':
      return wholeNumber.test(text)
        ? { value: Number(text.replaceAll(',', '')) }
        : { fault: message('field.wrongType') };
    case 'Decimal':
      return decimalNumber.test(text)
        ? { value: new Prisma.Decimal(text.replaceAll(',', '')).toFixed() }
        : { fault: message('field.decimal') };
    case 'Date': {
      const [, year = '', month = '', date = ''] = day.exec(text) ?? [];
      const value = parseDay(`${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`);
      return value ? { value } : { fault: message('field.date') };
    }
    case 'DateTime': {
      const value = new Date(/^\d{4}-\d\d-\d\dT\S+(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : Number.NaN);
      return Number.isNaN(value.getTime()) ? { fault: message('field.dateTime') } : { value };
    }
    case 'String':
    case 'ID':
    case 'Boolean':
      return { value: text };
    default:
      return { value: Object.hasOwn(words, text) ? words[text] : text.toUpperCase() };
  }
}
