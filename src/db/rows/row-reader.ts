import pg from 'pg';
import { tables as generatedTables } from '../../generated/tables.ts';
import { compileCondition, Parameters } from './conditions.ts';
import { type Cells, compileShape, type Row, type RowShape } from './row-shape.ts';
import { ownValue, type Table } from './table.ts';

const tables: Readonly<Record<string, Table>> = generatedTables;

/** The query of a list, in terms of Prisma's `findMany`. */
export interface RowsQuery {
  readonly select?: object;
  readonly where: object;
  /** Each orders by one column. */
  readonly orderBy: readonly object[];
  readonly take: number;
}

/** Reads the rows of lists like Prisma's client, with one statement and little work for each row. */
export interface RowReader {
  /**
   * Reads rows of one model.
   * @param model the name of its delegate in the client, such as `auditRecord`.
   * @param otherwise queries Prisma. It is called for every query that selects anything but columns and single related
   * rows, or has conditions other than comparisons of columns.
   * @throws the driver's error, or a refusal of ours; `databaseFailure` names both.
   */
  findMany<Query extends RowsQuery, Found>(
    model: string,
    query: Query,
    otherwise: (query: Query) => Promise<Found[]>,
  ): Promise<Found[]>;
}

/** Runs a statement outside of any transaction. @returns its rows, each as an array of the columns' texts. */
export type ReadCells = (text: string, values: readonly string[]) => Promise<readonly Cells[]>;

/** Creates the reader of a tenant's database. */
export function createRowReader(readCells: ReadCells): RowReader {
  return {
    async findMany<Query extends RowsQuery, Found>(
      model: string,
      query: Query,
      otherwise: (query: Query) => Promise<Found[]>,
    ) {
      const statement = compileQuery(model, query);
      if (!statement) return otherwise(query);
      const { text, values, read } = statement;
      const rows = (await readCells(text, values)).map(read);
      // The selection determines the shape of a row, for the reader as for Prisma's types.
      return rows as Found[];
    },
  };
}

/** A compiled query. */
interface Statement {
  readonly text: string;
  readonly values: readonly string[];
  readonly read: (cells: Cells) => Row;
}

/** Compiles a query; null when it has anything unsupported. */
export function compileQuery(model: string, query: RowsQuery): Statement | null {
  const { select, where, orderBy, take, ...others } = query;
  const table = ownValue(tables, model);
  if (!table || !select || take < 0 || Object.keys(others).length > 0) return null;
  const shape = shapeOf(table, select);
  if (!shape) return null;
  const parameters = new Parameters();
  const condition = compileCondition(table, where, parameters);
  const order = compileOrder(table, orderBy);
  if (condition === null || order === null) return null;
  const limit = parameters.add(String(take));
  const text = `SELECT ${shape.columns} FROM ${shape.from} WHERE ${condition} ORDER BY ${order} LIMIT ${limit}`;
  return { text, values: parameters.values, read: shape.read };
}

/** Prepared operations reuse the same selection objects from request to request. */
const shapes = new WeakMap<object, { readonly table: Table; readonly shape: RowShape | null }>();

function shapeOf(table: Table, select: object): RowShape | null {
  const known = shapes.get(select);
  if (known?.table === table) return known.shape;
  const shape = compileShape(tables, table, select);
  shapes.set(select, { table, shape });
  return shape;
}

const directions: Readonly<Record<string, string>> = { asc: 'ASC', desc: 'DESC' };

function compileOrder(table: Table, orderBy: readonly object[]): string | null {
  const parts: string[] = [];
  for (const order of orderBy) {
    const [[field, direction] = [], ...others] = Object.entries(order);
    const column = field === undefined ? undefined : ownValue(table.columns, field);
    const keyword = typeof direction === 'string' ? ownValue(directions, direction) : undefined;
    if (!column || !keyword || others.length > 0) return null;
    parts.push(`t0.${pg.escapeIdentifier(column.name)} ${keyword}`);
  }
  return parts.length === 0 ? null : parts.join(', ');
}
