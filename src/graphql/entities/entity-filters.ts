import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import type { EntityName } from '../../catalogue/entities.ts';
import { textSchema } from '../../db/text.ts';
import type { ColumnOf, Entity } from '../../entities/entity.ts';
import { parseInput } from '../../errors/index.ts';
import { parseId } from '../global-id.ts';
import { columnOf } from './entity-column.ts';
import { rangeInput, withinRange } from './range-inputs.ts';

/** An argument of a list that lets only some rows through, by a column of the list's entity. */
export interface ListFilter<Column extends string> {
  /** Ranges are of the column's own type. */
  readonly type: 'Boolean' | 'ID' | 'String' | 'range' | readonly [Readonly<Record<string, string>>];
  readonly description: string;
  readonly column: Column;
  /** The condition for that column, in Prisma's words; null for none. */
  readonly condition: (value: unknown, argument: string, entity: Pick<Entity, 'model'>) => unknown;
}

/** What a rule may know besides the row. */
export interface RuleFacts {
  readonly viewer: Viewer;
  /** Reads the database's clock. */
  now(): Promise<Date>;
}

/** A switch of a list that lets only some rows through, by more than one column or by more than a row holds. */
export interface ListRule {
  readonly description: string;
  /** The condition for rows, in Prisma's words. */
  readonly rule: (value: boolean, facts: RuleFacts) => object | Promise<object>;
  /** See answer-sources.ts. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** The filters of an entity's list, by argument. A wrong column is a compile error. */
export type ListFilters<Name extends EntityName> = Readonly<
  Record<string, ListFilter<ColumnOf<Name>> | ListRule>
>;

/**
 * Rows that keep a rule or, with false, rows that don't.
 * @param extensions `fromOutside` for a rule that asks the clock.
 */
export function byRule(
  description: string,
  rule: ListRule['rule'],
  extensions: ListRule['extensions'] = {},
): ListRule {
  return { description, rule, extensions };
}

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
    condition: (value, argument) => ({ equals: parseId(references, String(value), [argument]) }),
  };
}

/** Rows in which a column is empty or, with false, rows in which it is not. */
export function byEmptiness<Column extends string>(column: Column, description: string): ListFilter<Column> {
  return {
    type: 'Boolean',
    description,
    column,
    condition: (value) => (value ? { equals: null } : { not: null }),
  };
}

const choiceSchema = z.array(z.string());

/** Rows with one of several values of an enum. */
export function byChoice<Column extends string>(
  column: Column,
  values: Readonly<Record<string, string>>,
  description: string,
): ListFilter<Column> {
  return {
    type: [values],
    description,
    column,
    condition: (chosen) => ({ in: [...new Set(choiceSchema.parse(chosen))] }),
  };
}

/**
 * Rows whose list of texts has this one.
 * @param maximumLength of each text in the list.
 */
export function byElement<Column extends string>(
  column: Column,
  maximumLength: number,
  description: string,
): ListFilter<Column> {
  const schema = textSchema(maximumLength);
  return {
    type: 'String',
    description,
    column,
    condition: (value, argument) => ({ has: parseInput(schema, value, [argument]) }),
  };
}

/** Rows with this text in a column, which is written in several ways, e.g. a number with hyphens or without. */
export function byText<Column extends string>(
  column: Column,
  schema: z.ZodType<string>,
  description: string,
): ListFilter<Column> {
  return {
    type: 'String',
    description,
    column,
    condition: (value, argument) => ({ equals: parseInput(schema, value, [argument]) }),
  };
}

/** Rows whose number, day or moment lies in a range. */
export function byRange<Column extends string>(column: Column, description: string): ListFilter<Column> {
  return {
    type: 'range',
    description,
    column,
    condition: (range, argument, { model }) => withinRange(columnOf(model, column).type, range, argument),
  };
}

/** The options of a filter's argument. */
export function argumentOf(entity: Pick<Entity, 'model'>, filter: ListFilter<string> | ListRule) {
  const { description } = filter;
  return 'rule' in filter
    ? { type: 'Boolean' as const, description, extensions: filter.extensions }
    : { type: argumentTypeOf(entity, filter), description };
}

function argumentTypeOf({ model }: Pick<Entity, 'model'>, { type, column }: ListFilter<string>) {
  if (type === 'range') return rangeInput(columnOf(model, column).type);
  if (typeof type === 'string') return type;
  const several: [Readonly<Record<string, string>>] = [...type];
  return several;
}

/** The conditions for the arguments that were given. */
export async function conditionsOf(
  entity: Pick<Entity, 'model'>,
  filters: Readonly<Record<string, ListFilter<string> | ListRule>>,
  args: Readonly<Record<string, unknown>>,
  facts: RuleFacts,
): Promise<object[]> {
  const conditions: object[] = [];
  for (const [argument, filter] of Object.entries(filters)) {
    const value = args[argument];
    if (value == null) continue;
    if ('rule' in filter) conditions.push(await filter.rule(value === true, facts));
    else {
      const found = filter.condition(value, argument, entity);
      if (found != null) conditions.push({ [filter.column]: found });
    }
  }
  return conditions;
}
