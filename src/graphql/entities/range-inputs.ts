import type { InputRef } from '@pothos/core';
import { z } from 'zod';
import type { ColumnType } from '../../db/rows/table.ts';
import { message, ValidationFailedError } from '../../errors/index.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import { builder } from '../builder.ts';

/** The types of values that have ranges. */
type RangeType = 'Int' | 'Decimal' | 'Date' | 'DateTime';

/** True if a range includes its end; for timestamps, the end is when the next range begins. */
const ends: Readonly<Record<RangeType, 'lte' | 'lt'>> = {
  Int: 'lte',
  Decimal: 'lte',
  Date: 'lte',
  DateTime: 'lt',
};

interface Range {
  readonly from?: unknown;
  readonly to?: unknown;
}

const declared = new Map<RangeType, InputRef<Range>>();

/** Returns the input type for ranges of values of a type, e.g. `DateRange`. */
export function rangeInput(columnType: ColumnType): InputRef<Range> {
  const type = rangeTypeOf(columnType);
  const known = declared.get(type);
  if (known) return known;
  const to = ends[type] === 'lt' ? 'Before this one.' : 'Up to this one, which is part of it.';
  const input = builder.inputRef<Range>(`${type}Range`).implement({
    description: `The values of type ${type} between two, or on one side of one. Rows without a value are in no range.`,
    fields: (t) => ({
      from: t.field({ type, description: 'From this one on, which is part of it.' }),
      to: t.field({ type, description: to }),
    }),
  });
  declared.set(type, input);
  return input;
}

const boundSchema = z.union([z.number(), z.date(), z.string().transform((text) => new Prisma.Decimal(text))]);
const rangeSchema = z.object({ from: boundSchema.nullish(), to: boundSchema.nullish() });

/**
 * Returns the condition for values in a range, in Prisma's words; null for a range without ends.
 * @throws {ValidationFailedError} when it ends before it begins.
 */
export function withinRange(columnType: ColumnType, range: unknown, argument: string): object | null {
  const { from, to } = rangeSchema.parse(range);
  if (from != null && to != null && numberOf(from).gt(numberOf(to))) {
    throw new ValidationFailedError([{ path: [argument, 'to'], message: message('field.range') }]);
  }
  if (from == null && to == null) return null;
  return {
    ...(from == null ? {} : { gte: from }),
    ...(to == null ? {} : { [ends[rangeTypeOf(columnType)]]: to }),
  };
}

function numberOf(bound: z.output<typeof boundSchema>): Prisma.Decimal {
  return new Prisma.Decimal(bound instanceof Date ? bound.getTime() : bound);
}

function rangeTypeOf(type: ColumnType): RangeType {
  if (type === 'Int' || type === 'Decimal' || type === 'Date' || type === 'DateTime') return type;
  throw new Error(`Values of type ${type} have no ranges.`);
}
