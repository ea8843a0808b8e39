import { writeMoment } from '../exact-moments.ts';
import type { ColumnType } from './table.ts';

/** Parses a column's text from PostgreSQL into the value that Prisma's client returns. */
export type ReadText = (text: string) => unknown;

const readers: Readonly<Record<ColumnType, ReadText>> = {
  String: (text) => text,
  Boolean: (text) => text === 't',
  Int: Number,
  // Already in UTC: see database-client.ts.
  DateTime: (text) => new Date(`${text.slice(0, -'+00'.length).replace(' ', 'T')}Z`),
  Json: (text): unknown => JSON.parse(text),
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
      return typeof value === 'string' ? value : null;
    case 'Boolean':
      return typeof value === 'boolean' ? String(value) : null;
    case 'Int':
      return Number.isInteger(value) ? String(value) : null;
    case 'DateTime':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? writeMoment(value) : null;
    case 'Json':
      return null;
  }
}
