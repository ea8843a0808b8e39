import { type DefaultConnectionArguments, resolveCursorConnection } from '@pothos/plugin-relay';
import type { GraphQLResolveInfo } from 'graphql';
import { type FieldProblem, message, ValidationFailedError } from '../errors/index.ts';
import { fromRows } from './answer-sources.ts';
import { encodeBase64 } from './base64.ts';
import { builder } from './builder.ts';
import { contextOnly } from './context-only.ts';
import { costs, scanCost } from './costs.ts';
import type { CountOnce } from './count-once.ts';
import {
  type ChosenOrder,
  type Direction,
  type IdBound,
  idKey,
  type KeyColumn,
  type Place,
  type PlaceBound,
} from './list-order.ts';
import { selectsRows } from './selected-rows.ts';

/** The conditions, order and size of one page, in Prisma's words. */
export interface Page<Where, OrderBy, KeyWhere = IdBound, KeyOrder = { readonly id: Direction }> {
  /** Returns the condition for rows of the list's filter that lie between the page's cursors. */
  readonly within: (filter: Where) => Where | { readonly AND: (Where | PlaceBound<Where, KeyWhere>)[] };
  readonly orderBy: [OrderBy, KeyOrder];
  readonly take: number;
}

/** A list to be paged through. */
export interface ListSource<Row, Where, OrderBy, KeyWhere = IdBound, KeyOrder = { readonly id: Direction }> {
  /** The list's name and what it belongs to, e.g. `users:acme01`; a cursor of another list is refused. */
  readonly name: string;
  readonly order: ChosenOrder<Row, Where, OrderBy>;
  findMany(page: Page<Where, OrderBy, KeyWhere, KeyOrder>): Promise<Row[]>;
  count(): Promise<number>;
}

/** Rows of a page when the client names no size. */
export const defaultPageSize = 20;
/** A page is held in memory whole; longer lists are for paging. */
export const maximumPageSize = 100;

const pageInfoRef = builder.pageInfoRef();

/** Counts the whole list; called only when a client selects `totalCount`. */
const countList = Symbol('countList');

interface Countable {
  readonly [countList]: (countOnce: CountOnce) => Promise<number>;
}

const isCountable = (pageInfo: object): pageInfo is Countable => countList in pageInfo;

builder.objectField(pageInfoRef, 'totalCount', (t) =>
  t.int({
    description:
      'How many rows the whole list has with these filters. Counted only when selected, and once for a request.',
    extensions: { ...costs(scanCost), ...contextOnly, ...fromRows },
    resolve: (pageInfo, _args, { countOnce }) => (isCountable(pageInfo) ? pageInfo[countList](countOnce) : 0),
  }),
);

/**
 * Resolves one page of a list; when only its `totalCount` is selected, without rows. A cursor holds the row's place in the list's order and not the row, so pages stay
 * complete while rows are inserted and deleted between them.
 * @throws {ValidationFailedError} for page sizes out of bounds and for cursors that this list did not make in this order.
 */
export function resolveListConnection<Row extends { readonly id: string }, Where, OrderBy>(
  args: DefaultConnectionArguments,
  info: GraphQLResolveInfo,
  source: ListSource<Row, Where, OrderBy>,
) {
  return resolveKeyedConnection<Row, Where, OrderBy, IdBound, { readonly id: Direction }>(
    args,
    info,
    source,
    idKey,
  );
}

/** {@link resolveListConnection} for rows that have another unique column than an id. */
export async function resolveKeyedConnection<Row, Where, OrderBy, KeyWhere, KeyOrder>(
  args: DefaultConnectionArguments,
  info: GraphQLResolveInfo,
  source: ListSource<Row, Where, OrderBy, KeyWhere, KeyOrder>,
  key: KeyColumn<Row, KeyWhere, KeyOrder>,
) {
  validatePageArguments(args);
  const { column, direction } = source.order;
  const prefix = `${source.name}:${column.column}.${direction}:`;
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    {
      args,
      defaultSize: defaultPageSize,
      maxSize: maximumPageSize,
      toCursor: (row) => encodeBase64(`${prefix}${key.read(row)}:${column.place(row)}`, 'base64url'),
    },
    async ({ before, after, limit, inverted }) => {
      const beyond = (cursor: string, argument: string, towards: Direction): PlaceBound<Where, KeyWhere> => {
        const place = readCursor(cursor, prefix, key.pattern);
        const bound = place && column.after(place, towards, key);
        if (!bound) throw new ValidationFailedError([{ path: [argument], message: message('field.cursor') }]);
        return bound;
      };
      const bounds: PlaceBound<Where, KeyWhere>[] = [];
      if (after !== undefined) bounds.push(beyond(after, 'after', direction));
      if (before !== undefined) bounds.push(beyond(before, 'before', reverse(direction)));
      const scan = inverted ? reverse(direction) : direction;
      if (!selectsRows(info)) return [];
      return source.findMany({
        within: (filter) => (bounds.length === 0 ? filter : { AND: [filter, ...bounds] }),
        orderBy: [column.orderBy(scan), key.orderBy(scan)],
        take: limit,
      });
    },
  );
  const pageInfo: typeof connection.pageInfo & Countable = {
    ...connection.pageInfo,
    startCursor: connection.pageInfo.startCursor || null,
    endCursor: connection.pageInfo.endCursor || null,
    [countList]: (countOnce) => countOnce(countName(source.name, args), () => source.count()),
  };
  return { ...connection, pageInfo };
}

/** The same name for lists that differ only in page and order, because they have the same rows. */
function countName(list: string, args: DefaultConnectionArguments & { readonly orderBy?: unknown }): string {
  const { first, after, last, before, orderBy, ...filters } = args;
  return `${list}:${JSON.stringify(filters)}`;
}

function reverse(direction: Direction): Direction {
  return direction === 'asc' ? 'desc' : 'asc';
}

function readCursor(cursor: string, prefix: string, keyPattern: RegExp): Place | null {
  const decoded = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!decoded.startsWith(prefix)) return null;
  const [, key, value] = /^([^:]*):(.*)$/su.exec(decoded.slice(prefix.length)) ?? [];
  return key !== undefined && value !== undefined && keyPattern.test(key) ? { key, value } : null;
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
