import pg from 'pg';
import { type Column, ownValue, type Table } from './table.ts';
import { type ReadText, readerOf } from './values.ts';

/** A row, or a part of one, as Prisma's client returns it. */
export type Row = Readonly<Record<string, unknown>>;

/** The columns of a result row, as PostgreSQL sends them. */
export type Cells = readonly (string | null)[];

/** A selection compiled to SQL. */
export interface RowShape {
  /** The list of columns. */
  readonly columns: string;
  /** The joined tables; the rows are those of the first one, `t0`. */
  readonly from: string;
  readonly read: (cells: Cells) => Row;
}

type Tables = Readonly<Record<string, Table>>;

/** A part of a row: its key and its reader. */
interface Part {
  readonly key: string;
  readonly read: (cells: Cells) => unknown;
}

/**
 * Compiles Prisma's `select`.
 * @returns null if it has anything but columns and to-one relations with their own `select`.
 */
export function compileShape(tables: Tables, table: Table, select: object): RowShape | null {
  const columns: string[] = [];
  const joins: string[] = [];
  let aliases = 1;

  function place(alias: string, column: Column): number {
    const name = `${alias}.${pg.escapeIdentifier(column.name)}`;
    const known = columns.indexOf(name);
    return known === -1 ? columns.push(name) - 1 : known;
  }

  function compileParts(of: Table, alias: string, selected: object): Part[] | null {
    const parts: Part[] = [];
    for (const [key, value] of Object.entries(selected)) {
      if (value === false || value === undefined) continue;
      const column = value === true ? ownValue(of.columns, key) : undefined;
      const part = column
        ? { key, read: readCell(place(alias, column), readerOf(column.type)) }
        : compileRelation(of, alias, key, value);
      if (!part) return null;
      parts.push(part);
    }
    return parts;
  }

  function compileRelation(of: Table, alias: string, key: string, value: unknown): Part | null {
    const relation = ownValue(of.relations, key);
    const selected = selectAlone(value);
    const target = relation && ownValue(tables, relation.table);
    const from = relation && ownValue(of.columns, relation.from);
    const to = target && ownValue(target.columns, relation.to);
    if (!target || !from || !to || !selected) return null;
    const targetAlias = `t${aliases++}`;
    joins.push(
      `LEFT JOIN ${qualified(target)} AS ${targetAlias}` +
        ` ON ${targetAlias}.${pg.escapeIdentifier(to.name)} = ${alias}.${pg.escapeIdentifier(from.name)}`,
    );
    const identity = place(targetAlias, to);
    const parts = compileParts(target, targetAlias, selected);
    return parts && { key, read: (cells) => (cells[identity] === null ? null : assemble(parts, cells)) };
  }

  const parts = compileParts(table, 't0', select);
  if (!parts || columns.length === 0) return null;
  return {
    columns: columns.join(', '),
    from: [`${qualified(table)} AS t0`, ...joins].join(' '),
    read: (cells) => assemble(parts, cells),
  };
}

function assemble(parts: readonly Part[], cells: Cells): Row {
  const row: Record<string, unknown> = {};
  for (const { key, read } of parts) row[key] = read(cells);
  return row;
}

function readCell(position: number, read: ReadText): Part['read'] {
  return (cells) => {
    const text = cells[position];
    return text == null ? null : read(text);
  };
}

/** Returns the `select` of a relation that has nothing else, such as a condition. */
function selectAlone(value: unknown): object | null {
  if (typeof value !== 'object' || value === null || !('select' in value)) return null;
  if (Object.keys(value).length !== 1) return null;
  return typeof value.select === 'object' ? value.select : null;
}

function qualified({ schema, name }: Table): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
