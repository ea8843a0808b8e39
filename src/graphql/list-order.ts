import type { InputRef } from '@pothos/core';
import { earliestMoment } from '../db/storable.ts';
import { builder } from './builder.ts';

/** Which way a list runs. */
export type Direction = 'asc' | 'desc';

/** Rows on one side of a value, or at it. */
export type Bound<Value> =
  | { readonly lt: Value }
  | { readonly lte: Value }
  | { readonly gt: Value }
  | { readonly gte: Value }
  | { readonly equals: Value };

/** Where a row stands in a list: its value in the column that the list is ordered by, and its key among equals. */
export interface Place {
  readonly value: string;
  readonly key: string;
}

/** The condition for rows on one side of a place. `AND` is implied by `OR`; an index can use it. */
export interface PlaceBound<Where, KeyWhere = IdBound> {
  readonly AND?: Where[];
  readonly OR: (Where | { readonly AND: (Where | KeyWhere)[] })[];
}

/** Text before or after some other. */
export type KeyBound = { readonly lt: string } | { readonly gt: string };

/** Rows whose id lies before or after another. */
export interface IdBound {
  readonly id: KeyBound;
}

/** The unique column that puts rows into an order which are equal in the column that a list is ordered by. */
export interface KeyColumn<Row, KeyWhere, KeyOrder> {
  /** What its values look like: without colons, which stand behind them in cursors. */
  readonly pattern: RegExp;
  read(row: Row): string;
  where(bound: KeyBound): KeyWhere;
  orderBy(direction: Direction): KeyOrder;
}

/** The key of most rows. */
export const idKey: KeyColumn<{ readonly id: string }, IdBound, { readonly id: Direction }> = {
  pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  read: ({ id }) => id,
  where: (id) => ({ id }),
  orderBy: (id) => ({ id }),
};

/** A column that a list can be ordered by. */
export interface OrderColumn<Row, Where, OrderBy> {
  /** The column's name, which is loaded with every row and stands in cursors. */
  readonly column: string;
  readonly description: string;
  /** The row's value as a cursor holds it. */
  place(row: Row): string;
  orderBy(direction: Direction): OrderBy;
  /** The rows after a place for a list that runs in `direction`; null when the place holds no value of this column. */
  after<KeyWhere>(
    place: Place,
    direction: Direction,
    key: Pick<KeyColumn<Row, KeyWhere, unknown>, 'where'>,
  ): PlaceBound<Where, KeyWhere> | null;
}

/** What makes up a column: each in the words of the model's own Prisma types. */
export interface ColumnParts<Row, Where, OrderBy, Value> {
  readonly description: string;
  /** Null only where `empty` says how that is asked for. */
  readonly read: (row: Row) => Value | null;
  readonly where: (bound: Bound<Value>) => Where;
  readonly orderBy: (direction: Direction) => OrderBy;
  /** The conditions for rows without a value and for all others. Those come after all values, as PostgreSQL has it. */
  readonly empty?: { readonly is: Where; readonly isNot: Where };
}

/** The values of a column as cursors hold them: exactly, and each in one way. */
export interface ValueText<Value> {
  write(value: Value): string;
  /** Returns null for what no such column holds, or PostgreSQL refuses. */
  parse(text: string): Value | null;
}

/** Moments, in milliseconds. */
export const momentText: ValueText<Date> = {
  write: (value) => String(value.getTime()),
  // Stored moments lie between the years 1 and 9999; PostgreSQL takes all others that 15 digits can express.
  parse: (text) =>
    /^-?\d{1,15}$/.test(text) && Number(text) >= earliestMoment.getTime() ? new Date(Number(text)) : null,
};

/** Text as it is. */
export const plainText: ValueText<string> = {
  write: (value) => value,
  // PostgreSQL takes no NUL, and no such column is longer.
  parse: (text) => (text.length <= 512 && !text.includes('\0') ? text : null),
};

/** A column of moments, in milliseconds. */
export function dateColumn<Row, Where, OrderBy>(
  column: string,
  parts: ColumnParts<Row, Where, OrderBy, Date>,
): OrderColumn<Row, Where, OrderBy> {
  return orderColumn(column, parts, momentText);
}

/** A column of text, in its own collation: with the database's, the order would depend on the server. */
export function textColumn<Row, Where, OrderBy>(
  column: string,
  parts: ColumnParts<Row, Where, OrderBy, string>,
): OrderColumn<Row, Where, OrderBy> {
  return orderColumn(column, parts, plainText);
}

/** A column of any values. */
export function orderColumn<Row, Where, OrderBy, Value>(
  column: string,
  { description, read, where, orderBy, empty }: ColumnParts<Row, Where, OrderBy, Value>,
  text: ValueText<Value>,
): OrderColumn<Row, Where, OrderBy> {
  // Where a column may be empty, a value has a sign before it, so that it is none of those which are nothing.
  const [sign, nothing] = empty ? ['=', ''] : ['', null];
  return {
    column,
    description,
    orderBy,
    place(row) {
      const value = read(row);
      if (value !== null) return `${sign}${text.write(value)}`;
      if (nothing === null) throw new Error(`A row has nothing in ${column}.`);
      return nothing;
    },
    after({ value, key }, direction, keyColumn) {
      const onwards = keyColumn.where(direction === 'asc' ? { gt: key } : { lt: key });
      if (empty && value === nothing) {
        const equals = { AND: [empty.is, onwards] };
        return direction === 'asc' ? { AND: [empty.is], OR: [equals] } : { OR: [empty.isNot, equals] };
      }
      const parsed = value.startsWith(sign) ? text.parse(value.slice(sign.length)) : null;
      if (parsed === null) return null;
      const equals = { AND: [where({ equals: parsed }), onwards] };
      if (direction === 'desc') return { AND: [where({ lte: parsed })], OR: [where({ lt: parsed }), equals] };
      return empty
        ? { OR: [where({ gt: parsed }), equals, empty.is] }
        : { AND: [where({ gte: parsed })], OR: [where({ gt: parsed }), equals] };
    },
  };
}

/** A column and a direction that a client has chosen. */
export interface ChosenOrder<Row, Where, OrderBy> {
  readonly column: OrderColumn<Row, Where, OrderBy>;
  readonly direction: Direction;
}

/** How a list may be ordered. */
export interface ListOrders<Row, Where, OrderBy> {
  /** The type of the list's `orderBy` argument. */
  readonly input: InputRef<OrderInput>;
  /** What the argument chooses: newest first when it is absent. */
  choose(orderBy: OrderInput | null | undefined): ChosenOrder<Row, Where, OrderBy>;
}

/** The field that every list can be ordered by, either way, with the help of an index. */
const indexedField = 'CREATED_AT';

/** Returns whether an index has the rows in the order that an `orderBy` argument asks for. */
export function isIndexedOrder(orderBy: unknown): boolean {
  return (
    typeof orderBy === 'object' && orderBy !== null && 'field' in orderBy && orderBy.field === indexedField
  );
}

interface OrderInput {
  readonly field: string;
  readonly direction: Direction;
}

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which way a list runs.',
  values: {
    ASC: {
      value: 'asc',
      description: 'Smallest, earliest, or first in the alphabet, first; rows without a value last.',
    },
    DESC: {
      value: 'desc',
      description: 'Largest, latest, or last in the alphabet, first; rows without a value before them.',
    },
  } as const,
});

/**
 * Declares the `orderBy` argument of a list.
 * @param type the type of the rows, e.g. `User`.
 * @param columns the choices; `CREATED_AT` must be among them.
 */
export function listOrders<Row, Where, OrderBy>(
  type: string,
  columns: Readonly<Record<string, OrderColumn<Row, Where, OrderBy>>> & {
    readonly CREATED_AT: OrderColumn<Row, Where, OrderBy>;
  },
): ListOrders<Row, Where, OrderBy> {
  const Field = builder.enumType(`${type}OrderField`, {
    description: `What a list of type ${type} can be ordered by; equal rows are ordered by id.`,
    values: Object.fromEntries(
      Object.entries(columns).map(([field, { description }]) => [field, { value: field, description }]),
    ),
  });
  const input = builder.inputRef<OrderInput>(`${type}Order`).implement({
    description: `How to order a list of type ${type}.`,
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: 'What to order by.' }),
      direction: t.field({
        type: OrderDirection,
        required: true,
        defaultValue: 'asc',
        description: 'Which way.',
      }),
    }),
  });
  return {
    input,
    choose(orderBy) {
      const column = orderBy ? columns[orderBy.field] : undefined;
      return orderBy && column
        ? { column, direction: orderBy.direction }
        : { column: columns.CREATED_AT, direction: 'desc' };
    },
  };
}
