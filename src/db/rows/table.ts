/** The types of columns that rows are read with. */
export type ColumnType = 'String' | 'Boolean' | 'Int' | 'Decimal' | 'DateTime' | 'Date' | 'Enum' | 'Json';

/** A column of one value. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether it may be empty. */
  readonly isNullable?: boolean;
  /** The values of an enum, in their order. */
  readonly values?: readonly string[];
}

/** A reference to at most one row of another table. */
export interface Relation {
  /** The key of that table among all. */
  readonly table: string;
  /** The field that refers. */
  readonly from: string;
  /** The field that it refers to, which is unique there. */
  readonly to: string;
}

/** A model's table, by the model's fields. Without columns that are secret or have a type that is not read here. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: Readonly<Record<string, Column | undefined>>;
  readonly relations: Readonly<Record<string, Relation | undefined>>;
}

/** Returns a record's value, and for any key that it does not have itself, such as `constructor`, undefined. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
