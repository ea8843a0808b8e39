import type { EntityName } from '../../catalogue/entities.ts';
import type { ColumnOf } from '../../entities/entity.ts';
import { parseId } from '../global-id.ts';

/** An argument of a list that lets only some rows through, by a column of the list's entity. */
export interface ListFilter<Column extends string> {
  readonly type: 'Boolean' | 'ID';
  readonly description: string;
  readonly column: Column;
  /** The condition for that column, in Prisma's words. */
  readonly condition: (value: string | boolean, argument: string) => unknown;
}

/** The filters of an entity's list, by argument. A wrong column is a compile error. */
export type ListFilters<Name extends EntityName> = Readonly<Record<string, ListFilter<ColumnOf<Name>>>>;

/** Rows whose switch stands so. */
export function byToggle<Column extends string>(column: Column, description: string): ListFilter<Column> {
  return { type: 'Boolean', description, column, condition: (value) => value };
}

/** Rows that refer to that row of another entity. */
export function byReference<Column extends string>(
  column: Column,
  references: EntityName,
  description: string,
): ListFilter<Column> {
  return {
    type: 'ID',
    description: `${description} A global id or a UUID.`,
    column,
    condition: (value, argument) => parseId(references, String(value), [argument]),
  };
}

/** Rows in which a column is empty or, with false, rows in which it is not. */
export function byEmptiness<Column extends string>(column: Column, description: string): ListFilter<Column> {
  return { type: 'Boolean', description, column, condition: (value) => (value ? null : { not: null }) };
}

/** The conditions for the arguments that were given. */
export function conditionsOf(
  filters: Readonly<Record<string, ListFilter<string>>>,
  args: Readonly<Record<string, unknown>>,
): object[] {
  return Object.entries(filters).flatMap(([argument, { column, condition }]) => {
    const value = args[argument];
    return typeof value === 'string' || typeof value === 'boolean'
      ? [{ [column]: condition(value, argument) }]
      : [];
  });
}
