import { type DefaultConnectionArguments, resolveCursorConnection } from '@pothos/plugin-relay';
import { type FieldProblem, ValidationFailedError } from '../errors/index.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';

/** What every list is ordered by: newest first, and among equals by id. */
interface ListRow {
  readonly id: string;
  readonly createdAt: Date;
}

/** The conditions, order and size of one page, in Prisma's words. */
export interface Page {
  readonly where: { readonly AND: PageBound[] };
  readonly orderBy: [{ readonly createdAt: 'asc' | 'desc' }, { readonly id: 'asc' | 'desc' }];
  readonly take: number;
}

/** Rows on one side of a cursor. The first condition is implied by the second; an index can use it. */
interface PageBound {
  readonly createdAt: { readonly lte: Date } | { readonly gte: Date };
  readonly OR: [
    { readonly createdAt: { readonly lt: Date } | { readonly gt: Date } },
    { readonly createdAt: Date; readonly id: { readonly lt: string } | { readonly gt: string } },
  ];
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
 * Resolves one page of a list that is ordered by creation time, newest first. A cursor holds the row's place
 * in that order and not the row, so pages stay complete while rows are inserted and deleted between them.
 * @param list the list's name; a cursor of another list is refused.
 * @throws {ValidationFailedError} for page sizes out of bounds and for cursors that this list did not make.
 */
export async function resolveListConnection<Row extends ListRow>(
  list: string,
  args: DefaultConnectionArguments,
  context: Context,
  source: { findMany(page: Page): Promise<Row[]>; count(): Promise<number> },
) {
  validatePageArguments(args);
  const cursorPrefix = `${list}:${context.tenant.tenantKey}:`;
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    {
      args,
      defaultSize: defaultPageSize,
      maxSize: maximumPageSize,
      toCursor: (row) =>
        Buffer.from(`${cursorPrefix}${row.createdAt.getTime()}:${row.id}`).toString('base64url'),
    },
    ({ before, after, limit, inverted }) => {
      const bounds: PageBound[] = [];
      if (after !== undefined) bounds.push(rowsAfter(parseCursor(after, cursorPrefix, 'after')));
      if (before !== undefined) bounds.push(rowsBefore(parseCursor(before, cursorPrefix, 'before')));
      const direction = inverted ? 'asc' : 'desc';
      return source.findMany({
        where: { AND: bounds },
        orderBy: [{ createdAt: direction }, { id: direction }],
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

function rowsAfter({ id, createdAt }: ListRow): PageBound {
  return {
    createdAt: { lte: createdAt },
    OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }],
  };
}

function rowsBefore({ id, createdAt }: ListRow): PageBound {
  return {
    createdAt: { gte: createdAt },
    OR: [{ createdAt: { gt: createdAt } }, { createdAt, id: { gt: id } }],
  };
}

function parseCursor(cursor: string, prefix: string, argument: string): ListRow {
  const decoded = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, milliseconds, id] =
    /^(\d{1,15}):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(
      decoded.slice(prefix.length),
    ) ?? [];
  if (!decoded.startsWith(prefix) || milliseconds === undefined || id === undefined) {
    throw new ValidationFailedError([
      { path: [argument], message: 'Not a cursor of this list. Pass one that this list gave, or none.' },
    ]);
  }
  return { id, createdAt: new Date(Number(milliseconds)) };
}

function validatePageArguments({ first, last }: DefaultConnectionArguments): void {
  const problems: FieldProblem[] = [];
  for (const [name, size] of Object.entries({ first, last })) {
    if (size != null && (size < 0 || size > maximumPageSize)) {
      problems.push({ path: [name], message: `Use a number from 0 to ${maximumPageSize}.` });
    }
  }
  if (first != null && last != null) problems.push({ path: ['last'], message: 'Use either first or last.' });
  if (problems.length > 0) throw new ValidationFailedError(problems);
}
