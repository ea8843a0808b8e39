import {
  type DefaultConnectionArguments,
  parseCursorConnectionArgs,
  resolveCursorConnection,
} from '@pothos/plugin-relay';
import type { GraphQLResolveInfo } from 'graphql';
import { encodeBase64 } from '../catalogue/base64.ts';
import { type FieldProblem, message, ValidationFailedError } from '../errors/index.ts';
import { fromRows } from './answer-sources.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { contextOnly } from './context-only.ts';
import { costs, scanCost } from './costs.ts';
import type { CountOnce } from './count-once.ts';
import {
  type ChosenOrder,
  type Direction,
  type IdBound,
  idKey,
  type KeyColumn,
  type Position,
  type PositionBound,
} from './list-order.ts';
import { selectsRows } from './selected-rows.ts';

/** The conditions, order and size of one page, in Prisma's terms. */
export interface Page<Where, OrderBy, KeyWhere = IdBound, KeyOrder = { readonly id: Direction }> {
  /** Returns the condition for rows of the list's filter that lie between the page's cursors. */
  readonly within: (filter: Where) => Where | { readonly AND: (Where | PositionBound<Where, KeyWhere>)[] };
  readonly orderBy: [OrderBy, KeyOrder];
  readonly take: number;
}

/** A list that is paged through. */
export interface ListSource<Row, Where, OrderBy, KeyWhere = IdBound, KeyOrder = { readonly id: Direction }> {
  /** The list's name and owner, e.g. `users:acme01`; a cursor of another list is refused. */
  readonly name: string;
  readonly order: ChosenOrder<Row, Where, OrderBy>;
  findMany(page: Page<Where, OrderBy, KeyWhere, KeyOrder>): Promise<Row[]>;
  /** Counts the rows of the whole list; a number when it was loaded with the list's parent row. */
  readonly count: number | (() => Promise<number>);
}

/** The page size if the client requests none. */
export const defaultPageSize = 20;
/** The maximum page size, because a whole page is held in memory. */
export const maximumPageSize = 100;

const pageSizes = { defaultSize: defaultPageSize, maxSize: maximumPageSize };

const pageInfoRef = builder.pageInfoRef();

/** Counts the whole list; called only when a client selects `totalCount`. */
const countList = Symbol('countList');

interface Countable {
  readonly [countList]: (countOnce: CountOnce) => Promise<number> | number;
}

const isCountable = (parent: object): parent is Countable => countList in parent;

/** The field of a connection and of its `pageInfo`, which share one count. */
const totalCount = {
  description:
    'The number of rows in the whole list with these filters. Counted only when selected, and once per request.',
  extensions: { ...costs(scanCost), ...contextOnly, ...fromRows },
  resolve: (parent: object, _args: object, { countOnce }: Context) =>
    isCountable(parent) ? parent[countList](countOnce) : 0,
};

builder.objectField(pageInfoRef, 'totalCount', (t) => t.int(totalCount));
builder.globalConnectionField('totalCount', (t) => t.int(totalCount));

/**
 * Resolves one page of a list, without rows if only its `totalCount` is selected. A cursor encodes the row's position
 * in the list's order rather than the row, so that pages stay complete while rows are inserted and deleted.
 * @throws {ValidationFailedError} for page sizes out of bounds and for cursors that aren't of this list in this order.
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

/** {@link resolveListConnection} for rows whose unique column isn't an id. */
export async function resolveKeyedConnection<Row, Where, OrderBy, KeyWhere, KeyOrder>(
  args: DefaultConnectionArguments,
  info: GraphQLResolveInfo,
  source: ListSource<Row, Where, OrderBy, KeyWhere, KeyOrder>,
  key: KeyColumn<Row, KeyWhere, KeyOrder>,
) {
  validatePageArguments(args);
  const prefix = cursorPrefix(source);
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    {
      args,
      ...pageSizes,
      toCursor: (row) =>
        encodeBase64(`${prefix}${key.read(row)}:${source.order.column.cursorValue(row)}`, 'base64url'),
    },
    async (cut) => {
      const page = pageOf(cut, source, key);
      return selectsRows(info) ? source.findMany(page) : [];
    },
  );
  const { count } = source;
  const countable: Countable = {
    [countList]: (countOnce) =>
      typeof count === 'number' ? count : countOnce(countName(source.name, args), count),
  };
  const pageInfo = {
    ...connection.pageInfo,
    ...countable,
    startCursor: connection.pageInfo.startCursor || null,
    endCursor: connection.pageInfo.endCursor || null,
  };
  return { ...connection, ...countable, pageInfo };
}

/** The parts of a list that determine its cursors and its order. */
type OrderedList<Row, Where, OrderBy> = Pick<ListSource<Row, Where, OrderBy>, 'name' | 'order'>;

/**
 * Returns the query for one page of a list that is loaded together with its parent. It selects no rows when the
 * arguments are invalid: {@link resolveListConnection}, which knows their path, then refuses them.
 */
export function nestedPage<Row extends { readonly id: string }, Where, OrderBy>(
  args: DefaultConnectionArguments,
  list: OrderedList<Row, Where, OrderBy>,
): Page<Where, OrderBy> {
  const key: KeyColumn<Row, IdBound, { readonly id: Direction }> = idKey;
  const { first = null, last = null, before = null, after = null } = args;
  try {
    validatePageArguments(args);
    return pageOf(
      parseCursorConnectionArgs({ args: { first, last, before, after }, ...pageSizes }),
      list,
      key,
    );
  } catch (error) {
    if (!(error instanceof ValidationFailedError)) throw error;
    return pageOf({ limit: 0, inverted: false }, list, key);
  }
}

/** The range of a list that the page arguments select. */
interface Cut {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
  /** From the end. */
  readonly inverted: boolean;
}

function pageOf<Row, Where, OrderBy, KeyWhere, KeyOrder>(
  { before, after, limit, inverted }: Cut,
  list: OrderedList<Row, Where, OrderBy>,
  key: KeyColumn<Row, KeyWhere, KeyOrder>,
): Page<Where, OrderBy, KeyWhere, KeyOrder> {
  const { column, direction } = list.order;
  const beyond = (cursor: string, argument: string, towards: Direction): PositionBound<Where, KeyWhere> => {
    const position = readCursor(cursor, cursorPrefix(list), key.pattern);
    const bound = position && column.after(position, towards, key);
    if (!bound) throw new ValidationFailedError([{ path: [argument], message: message('field.cursor') }]);
    return bound;
  };
  const bounds: PositionBound<Where, KeyWhere>[] = [];
  if (after !== undefined) bounds.push(beyond(after, 'after', direction));
  if (before !== undefined) bounds.push(beyond(before, 'before', reverse(direction)));
  const scan = inverted ? reverse(direction) : direction;
  return {
    within: (filter) => (bounds.length === 0 ? filter : { AND: [filter, ...bounds] }),
    orderBy: [column.orderBy(scan), key.orderBy(scan)],
    take: limit,
  };
}

function cursorPrefix<Row, Where, OrderBy>({ name, order }: OrderedList<Row, Where, OrderBy>): string {
  return `${name}:${order.column.column}.${order.direction}:`;
}

/** Lists that differ only in page and order get the same name, because they have the same rows. */
function countName(name: string, args: DefaultConnectionArguments & { readonly orderBy?: unknown }): string {
  const { first, after, last, before, orderBy, ...filters } = args;
  return `${name}:${JSON.stringify(filters)}`;
}

function reverse(direction: Direction): Direction {
  return direction === 'asc' ? 'desc' : 'asc';
}

function readCursor(cursor: string, prefix: string, keyPattern: RegExp): Position | null {
  const decoded = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!decoded.startsWith(prefix)) return null;
  const [, key, value] = /^([^:]*):(.*)$/su.exec(decoded.slice(prefix.length)) ?? [];
  return key !== undefined && value !== undefined && keyPattern.test(key) ? { key, value } : null;
}

/** Returns the size of a list's only page. @throws {ValidationFailedError} when it is out of bounds. */
export function readPageSize(first: number | null | undefined): number {
  validatePageArguments({ first });
  return first ?? defaultPageSize;
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
