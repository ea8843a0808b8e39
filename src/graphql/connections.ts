import { type DefaultConnectionArguments, resolveCursorConnection } from '@pothos/plugin-relay';
import { type FieldProblem, message, ValidationFailedError } from '../errors/index.ts';
import { builder } from './builder.ts';
import type { ChosenOrder, Direction, OrderColumn, Place, PlaceBound } from './list-order.ts';

/** The conditions, order and size of one page, in Prisma's words. */
export interface Page<Where, OrderBy> {
  /** The rows between the cursors: all of it has to hold besides the list's own filter. */
  readonly where: { readonly AND: PlaceBound<Where>[] };
  readonly orderBy: [OrderBy, { readonly id: Direction }];
  readonly take: number;
}

/** A list to be paged through. */
export interface ListSource<Row, Where, OrderBy> {
  /** The list's name and what it belongs to, e.g. `users:acme01`; a cursor of another list is refused. */
  readonly name: string;
  readonly order: ChosenOrder<Row, Where, OrderBy>;
  findMany(page: Page<Where, OrderBy>): Promise<Row[]>;
  count(): Promise<number>;
}

/** Rows of a page when the client names no size. */
export const defaultPageSize = 20;
/** A page is held in memory whole; longer lists are for paging. */
export const maximumPageSize = 100;

const pageInfoRef = builder.pageInfoRef();

/** The count of a list, asked for only when a client selects it. */
const totalCounts = new WeakMap<object, () => Promise<number>>();

builder.objectField(pageInfoRef, 'totalCount', (t) =>
  t.int({
    description: 'How many rows the whole list has with these filters. Counted only when selected.',
    resolve: (pageInfo) => totalCounts.get(pageInfo)?.() ?? 0,
  }),
);

/**
 * Resolves one page of a list. A cursor holds the row's place in the list's order and not the row, so pages stay
 * complete while rows are inserted and deleted between them.
 * @throws {ValidationFailedError} for page sizes out of bounds and for cursors that this list did not make in this order.
 */
export async function resolveListConnection<Row extends { readonly id: string }, Where, OrderBy>(
  args: DefaultConnectionArguments,
  source: ListSource<Row, Where, OrderBy>,
) {
  validatePageArguments(args);
  const { column, direction } = source.order;
  const prefix = `${source.name}:${column.column}.${direction}:`;
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    {
      args,
      defaultSize: defaultPageSize,
      maxSize: maximumPageSize,
      toCursor: (row) => Buffer.from(`${prefix}${row.id}:${column.place(row)}`).toString('base64url'),
    },
    ({ before, after, limit, inverted }) => {
      const bounds: PlaceBound<Where>[] = [];
      if (after !== undefined) bounds.push(rowsBeyond(after, prefix, 'after', column, direction));
      if (before !== undefined) bounds.push(rowsBeyond(before, prefix, 'before', column, reverse(direction)));
      const scan = inverted ? reverse(direction) : direction;
      return source.findMany({
        where: { AND: bounds },
        orderBy: [column.orderBy(scan), { id: scan }],
        take: limit,
      });
    },
  );
  const pageInfo = {
    ...connection.pageInfo,
    startCursor: connection.pageInfo.startCursor || null,
    endCursor: connection.pageInfo.endCursor || null,
  };
  totalCounts.set(pageInfo, () => source.count());
  return { ...connection, pageInfo };
}

function reverse(direction: Direction): Direction {
  return direction === 'asc' ? 'desc' : 'asc';
}

function rowsBeyond<Row, Where, OrderBy>(
  cursor: string,
  prefix: string,
  argument: string,
  column: OrderColumn<Row, Where, OrderBy>,
  direction: Direction,
): PlaceBound<Where> {
  const place = readCursor(cursor, prefix);
  const bound = place && column.after(place, direction);
  if (!bound) throw new ValidationFailedError([{ path: [argument], message: message('field.cursor') }]);
  return bound;
}

function readCursor(cursor: string, prefix: string): Place | null {
  const decoded = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!decoded.startsWith(prefix)) return null;
  const [, id, value] =
    /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):(.*)$/su.exec(
      decoded.slice(prefix.length),
    ) ?? [];
  return id === undefined || value === undefined ? null : { id, value };
}

function validatePageArguments({ first, last }: DefaultConnectionArguments): void {
  const problems: FieldProblem[] = [];
  for (const [name, size] of Object.entries({ first, last })) {
    if (size != null && (size < 0 || size > maximumPageSize)) {
      problems.push({ path: [name], message: message('field.pageSize', { maximum: maximumPageSize }) });
    }
  }
  if (first != null && last != null) problems.push({ path: ['last'], message: message('field.firstOrLast') });
  if (problems.length > 0) throw new ValidationFailedError(problems);
}
