import { parse as parseTexts } from 'postgres-array';
import { Prisma } from '../../generated/tenant/client.ts';
import { readDay, writeDay } from '../days.ts';
import { writeMoment } from '../exact-moments.ts';
import type { ColumnType } from './table.ts';

/** Parses a column's text from PostgreSQL into the value that Prisma's client returns. */
export type ReadText = (text: string) => unknown;

const readers: Readonly<Record<ColumnType, ReadText>> = {
  String: (text) => text,
  Boolean: (text) => text === 't',
  Int: Number,
  Decimal: (text) => new Prisma.Decimal(text),
  // Already in UTC: see database-client.ts.
  DateTime: (text) => new Date(`${text.slice(0, -'+00'.length).replace(' ', 'T')}Z`),
  Date: readDay,
  Enum: (text) => text,
  Json: (text): unknown => JSON.parse(text),
  Strings: parseTexts,
};

/** Returns the reader of a type's columns. */
export function readerOf(type: ColumnType): ReadText {
  return readers[type];
}

/**
 * Returns a value as the text of a statement's parameter; null when a column of that type can't be compared with it.
 */
export function parameterText(type: ColumnType, value: unknown): string | null {
  switch (type) {
    case 'String':
    case 'Enum':
      return typeof value === 'string' ? value : null;
    case 'Boolean':
      return typeof value === 'boolean' ? String(value) : null;
    case 'Int':
      return Number.isInteger(value) ? String(value) : null;
    case 'Decimal':
      return Prisma.Decimal.isDecimal(value) && value.isFinite() ? value.toFixed() : null;
    case 'DateTime':
      return isMoment(value) ? writeMoment(value) : null;
    case 'Date':
      return isMoment(value) ? writeDay(value) : null;
    case 'Json':
    case 'Strings':
      return null;
  }
}

function isMoment(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
