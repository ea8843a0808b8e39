import pg from 'pg';
import { type Column, ownValue, type Table } from './table.ts';
import { parameterText } from './values.ts';

/** The parameters of a statement in numeric order. */
export class Parameters {
  readonly values: string[] = [];

  /** Adds a value. @returns its placeholder. */
  add(text: string): string {
    return `$${this.values.push(text)}`;
  }
}

const comparisons: Readonly<Record<string, string>> = {
  equals: '=',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
};

const noCondition = 'TRUE';

/**
 * Compiles Prisma's `where` for rows of the table `t0`.
 * @returns SQL, or null if it has anything but AND, OR and comparisons of columns with a value, several values, a value
 * that a list has, or null.
 */
export function compileCondition(table: Table, where: unknown, parameters: Parameters): string | null {
  if (!isPlain(where)) return null;
  const parts: string[] = [];
  for (const [key, value] of Object.entries(where)) {
    if (value === undefined) continue;
    const part =
      key === 'AND' || key === 'OR'
        ? compileSeveral(table, key, value, parameters)
        : compileColumn(ownValue(table.columns, key), value, parameters);
    if (part === null) return null;
    parts.push(part);
  }
  return parts.length === 0 ? noCondition : parts.join(' AND ');
}

function compileSeveral(
  table: Table,
  operator: 'AND' | 'OR',
  conditions: unknown,
  parameters: Parameters,
): string | null {
  // Prisma accepts a single condition without an array, and an empty OR matches nothing.
  if (!Array.isArray(conditions) || conditions.length === 0) return null;
  const parts: string[] = [];
  for (const condition of conditions) {
    const part = compileCondition(table, condition, parameters);
    // An empty condition matches everything, and yet Prisma drops it from an OR.
    if (part === null || part === noCondition) return null;
    parts.push(`(${part})`);
  }
  return `(${parts.join(` ${operator} `)})`;
}

function compileColumn(column: Column | undefined, value: unknown, parameters: Parameters): string | null {
  if (!column) return null;
  const name = `t0.${pg.escapeIdentifier(column.name)}`;
  if (value === null) return `${name} IS NULL`;
  if (!isPlain(value)) return compare(column, name, '=', value, parameters);
  const parts: string[] = [];
  for (const [key, operand] of Object.entries(value)) {
    if (operand === undefined) continue;
    const operator = ownValue(comparisons, key);
    const part =
      key === 'not' && operand === null
        ? `${name} IS NOT NULL`
        : key === 'in'
          ? compareWithAny(column, name, operand, parameters)
          : key === 'has'
            ? compareElements(column, name, operand, parameters)
            : operator && compare(column, name, operator, operand, parameters);
    if (!part) return null;
    parts.push(part);
  }
  return parts.length === 0 ? null : parts.join(' AND ');
}

function compare(
  { type }: Column,
  name: string,
  operator: string,
  value: unknown,
  parameters: Parameters,
): string | null {
  const text = parameterText(type, value);
  return text === null ? null : `${name} ${operator} ${parameters.add(text)}`;
}

/** Any number of values is a single parameter, so that one statement serves all. */
function compareWithAny(
  { type }: Column,
  name: string,
  values: unknown,
  parameters: Parameters,
): string | null {
  if ((type !== 'String' && type !== 'Enum') || !Array.isArray(values)) return null;
  const texts = values.map((value) => parameterText(type, value));
  return texts.every((text) => text !== null)
    ? `${name} = ANY (${parameters.add(arrayLiteral(texts))})`
    : null;
}

/** An index of a list's elements serves this operator alone. */
function compareElements(
  { type }: Column,
  name: string,
  value: unknown,
  parameters: Parameters,
): string | null {
  return type === 'Strings' && typeof value === 'string'
    ? `${name} @> ${parameters.add(arrayLiteral([value]))}`
    : null;
}

/** Formats an array in PostgreSQL's text format (manual, section 8.15.2). */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** Not a Date, which is an object as well. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
