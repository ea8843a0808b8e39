/** The supported column types. */
export type ColumnType =
  | 'String'
  | 'Boolean'
  | 'Int'
  | 'Decimal'
  | 'DateTime'
  | 'Date'
  | 'Enum'
  | 'Json'
  | 'Strings';

/** A scalar column. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** True if it is nullable. */
  readonly isNullable?: boolean;
  /** The values of an enum, in their order. */
  readonly values?: readonly string[];
}

/** A reference to at most one row of another table. */
export interface Relation {
  /** The key of that table. */
  readonly table: string;
  /** The referencing field. */
  readonly from: string;
  /** The referenced field, which is unique. */
  readonly to: string;
}

/** A model's table, by the model's fields. It lacks secret columns and unsupported column types. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: Readonly<Record<string, Column | undefined>>;
  readonly relations: Readonly<Record<string, Relation | undefined>>;
}

/** Returns a record's own value; undefined for other keys, such as `constructor`. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
