import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { Selection } from '../db/tenant-client.ts';
import type { Context } from './context.ts';

/** The columns that every row is loaded with: cursors, guards and authors are made of them. */
const rowColumns = ['id', 'createdAt', 'createdBy', 'updatedBy'] as const;

/** The columns that a record is loaded with, which has one author and no editor. */
const recordColumns = ['id', 'createdAt'] as const;

/**
 * What to load for the fields that the client asked for, relations included, so that a page costs one
 * statement however many rows it has.
 * @param path where the rows stand below the field being resolved, e.g. `['edges', 'node']`; the field itself when absent.
 * @param columns what else is needed of each row, such as the column that a list is ordered by.
 */
export function selectionFor(
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
  columns: readonly string[] = [],
): Selection {
  return select(context, info, path, [...rowColumns, ...columns]);
}

/** {@link selectionFor} for rows that are written once. */
export function recordSelectionFor(
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
): Selection {
  return select(context, info, path, recordColumns);
}

function select(
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[],
  columns: readonly string[],
): Selection {
  return queryFromInfo({
    context,
    info,
    select: Object.fromEntries(columns.map((column) => [column, true])),
    ...(path.length === 0 ? {} : { path: [...path] }),
  });
}
