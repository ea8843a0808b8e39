import { z } from 'zod';
import { parseDay, writeDay } from '../../db/days.ts';
import type { Column, ColumnType } from '../../db/rows/table.ts';
import type { Entity } from '../../entities/entity.ts';
import { tables } from '../../generated/tables.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import {
  type Bound,
  momentText,
  type OrderColumn,
  orderColumn,
  plainText,
  type ValueText,
} from '../list-order.ts';

// A page parses as many values as it has rows: a schema of each one's own would take longer than its row.
const dateSchema = z.date();
const decimalSchema = z.instanceof(Prisma.Decimal);
const integerSchema = z.int32();

/** The texts of values by the types of their columns. Switches have two values and are no order. */
const texts: Readonly<Partial<Record<ColumnType, ValueText<unknown>>>> = {
  String: { ...plainText, write: String },
  // One of several: see `boundOf`.
  Enum: { ...plainText, write: String },
  DateTime: { ...momentText, write: (value) => momentText.write(dateSchema.parse(value)) },
  Date: {
    write: (value) => writeDay(dateSchema.parse(value)),
    parse: parseDay,
  },
  Int: {
    write: String,
    parse: (text) =>
      /^-?\d{1,10}$/.test(text) ? (integerSchema.safeParse(Number(text)).data ?? null) : null,
  },
  Decimal: {
    write: (value) => decimalSchema.parse(value).toFixed(),
    // More digits than any such column has; PostgreSQL compares them exactly.
    parse: (text) => (/^-?\d{1,64}(\.\d{1,64})?$/.test(text) ? new Prisma.Decimal(text) : null),
  },
};

/** A column of an entity as an order of lists: exact for each type, and rows without a value after all others. */
export function entityColumn<Row extends object>(
  { model }: Pick<Entity, 'model'>,
  column: string,
  description: string,
): OrderColumn<Row, object, object> {
  const { type, values, isNullable } = columnOf(model, column);
  const text = texts[type];
  if (!text) throw new Error(`No list can be ordered by ${model}.${column}, which is of type ${type}.`);
  return orderColumn<Row, object, object, unknown>(
    column,
    {
      description,
      read: (row) => Reflect.get(row, column),
      where: (bound) => ({ [column]: values ? amongValues(values, bound) : bound }),
      orderBy: (direction) => ({ [column]: direction }),
      ...(isNullable ? { empty: { is: { [column]: null }, isNot: { [column]: { not: null } } } } : {}),
    },
    values ? { ...text, parse: (value) => (values.includes(value) ? value : null) } : text,
  );
}

/** Returns a column of a model's table. */
export function columnOf(model: keyof typeof tables, name: string): Column {
  const columns: Readonly<Record<string, Column>> = tables[model].columns;
  const column = columns[name];
  if (!column) throw new Error(`Lists can't read ${model}.${name}.`);
  return column;
}

/** An enum's values are in the order of their declaration, in PostgreSQL too; Prisma compares them only one by one. */
function amongValues(values: readonly string[], bound: Bound<unknown>): object {
  const among = (holds: (place: number, given: number) => boolean, given: unknown) => ({
    in: values.filter((_value, place) => holds(place, values.indexOf(String(given)))),
  });
  if ('lt' in bound) return among((place, given) => place < given, bound.lt);
  if ('lte' in bound) return among((place, given) => place <= given, bound.lte);
  if ('gt' in bound) return among((place, given) => place > given, bound.gt);
  if ('gte' in bound) return among((place, given) => place >= given, bound.gte);
  return bound;
}
