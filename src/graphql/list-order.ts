import type { InputRef } from '@pothos/core';
import { earliestMoment } from '../db/storable.ts';
import { builder } from './builder.ts';

/** The direction of a list. */
export type Direction = 'asc' | 'desc';

/** A condition on a value: less, greater or equal. */
export type Bound<Value> =
  | { readonly lt: Value }
  | { readonly lte: Value }
  | { readonly gt: Value }
  | { readonly gte: Value }
  | { readonly equals: Value };

/** A row's position in a list: its value in the column that the list is ordered by, and its key among equals. */
export interface Position {
  readonly value: string;
  readonly key: string;
}

/** The condition for rows on one side of a position. `OR` implies `AND`, which an index can use. */
export interface PositionBound<Where, KeyWhere = IdBound> {
  readonly AND?: Where[];
  readonly OR: (Where | { readonly AND: (Where | KeyWhere)[] })[];
}

/** A condition on text: before or after another. */
export type KeyBound = { readonly lt: string } | { readonly gt: string };

/** A condition on an id: before or after another. */
export interface IdBound {
  readonly id: KeyBound;
}

/** The unique column that breaks ties between rows that are equal in the column that a list is ordered by. */
export interface KeyColumn<Row, KeyWhere, KeyOrder> {
  /** The format of its values. They contain no colons, which separate them from the rest of a cursor. */
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
  /** The column's name. It is loaded with every row and appears in cursors. */
  readonly column: string;
  readonly description: string;
  /** Encodes the row's value for a cursor. */
  cursorValue(row: Row): string;
  orderBy(direction: Direction): OrderBy;
  /**
   * Returns the condition for rows after a position in a list that runs in `direction`; null when the position has no
   * value of this column.
   */
  after<KeyWhere>(
    position: Position,
    direction: Direction,
    key: Pick<KeyColumn<Row, KeyWhere, unknown>, 'where'>,
  ): PositionBound<Where, KeyWhere> | null;
}

/** The parts of a column, in terms of the model's own Prisma types. */
export interface ColumnParts<Row, Where, OrderBy, Value> {
  readonly description: string;
  /** Returns null only for columns with `empty`. */
  readonly read: (row: Row) => Value | null;
  readonly where: (bound: Bound<Value>) => Where;
  readonly orderBy: (direction: Direction) => OrderBy;
  /** The conditions for rows without a value, which come after all values, as in PostgreSQL, and for all others. */
  readonly empty?: { readonly is: Where; readonly isNot: Where };
}

/** Encodes the values of a column for cursors: exactly, and each in one form. */
export interface ValueText<Value> {
  write(value: Value): string;
  /** Returns null for text that no such column holds, or that PostgreSQL refuses. */
  parse(text: string): Value | null;
}

/** Dates and times, in milliseconds. */
export const momentText: ValueText<Date> = {
  write: (value) => String(value.getTime()),
  // Stored values lie between the years 1 and 9999; PostgreSQL accepts all others that 15 digits can express.
  parse: (text) =>
    /^-?\d{1,15}$/.test(text) && Number(text) >= earliestMoment.getTime() ? new Date(Number(text)) : null,
};

/** Text as it is. */
export const plainText: ValueText<string> = {
  write: (value) => value,
  // PostgreSQL accepts no NUL, and no such column is longer.
  parse: (text) => (text.length <= 512 && !text.includes('\0') ? text : null),
};

/** A column of dates and times, in milliseconds. */
export function dateColumn<Row, Where, OrderBy>(
  column: string,
  parts: ColumnParts<Row, Where, OrderBy, Date>,
): OrderColumn<Row, Where, OrderBy> {
  return orderColumn(column, parts, momentText);
}

/** A column of text with its own collation: with the database's default, the order would depend on the server. */
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
  // In a nullable column, a sign before each value tells an empty text from null.
  const [sign, nothing] = empty ? ['=', ''] : ['', null];
  return {
    column,
    description,
    orderBy,
    cursorValue(row) {
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

/** The possible orders of a list. */
export interface ListOrders<Row, Where, OrderBy> {
  /** The type of the list's `orderBy` argument. */
  readonly input: InputRef<OrderInput>;
  /** Returns the order that the argument chooses; newest first when it is absent. */
  choose(orderBy: OrderInput | null | undefined): ChosenOrder<Row, Where, OrderBy>;
}

/** The field that every list can be ordered by, in both directions, with an index. */
const indexedField = 'CREATED_AT';

/** Returns whether an index provides the order of an `orderBy` argument. */
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
  description: 'The direction of a list.',
  values: {
    ASC: {
      value: 'asc',
      description: 'Ascending: smallest, earliest, or alphabetically first; rows without a value last.',
    },
    DESC: {
      value: 'desc',
      description: 'Descending: largest, latest, or alphabetically last; rows without a value first.',
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
    description: `The fields that a list of type ${type} can be ordered by; equal rows are ordered by id.`,
    values: Object.fromEntries(
      Object.entries(columns).map(([field, { description }]) => [field, { value: field, description }]),
    ),
  });
  const input = builder.inputRef<OrderInput>(`${type}Order`).implement({
    description: `The order of a list of type ${type}.`,
    fields: (t) => ({
      field: t.field({ type: Field, required: true, description: 'The field to order by.' }),
      direction: t.field({
        type: OrderDirection,
        required: true,
        defaultValue: 'asc',
        description: 'Ascending or descending.',
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
