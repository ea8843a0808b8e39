import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { Selection } from '../db/tenant-client.ts';
import type { Context } from './context.ts';

/** The columns that every row is loaded with: cursors and guards are made of them. */
const rowSelection = { id: true, createdAt: true } as const;

/**
 * What to load for the fields that the client asked for, relations included, so that a page costs one
 * statement however many rows it has.
 * @param path where the rows stand below the field being resolved, e.g. `['edges', 'node']`; the field itself when absent.
 */
export function selectionFor(
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
): Selection {
  return queryFromInfo({
    context,
    info,
    select: rowSelection,
    ...(path.length === 0 ? {} : { path: [...path] }),
  });
}
