import { queryFromInfo } from '@pothos/plugin-prisma';
import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import type { Selection } from '../db/tenant-client.ts';
import type { Context } from './context.ts';

/** The columns that are loaded with every row, because node ids and guards need them. */
const rowColumns = ['id'] as const;

/**
 * Returns a selection of exactly the fields that the client requested, relations included, so that a page takes one
 * statement however many rows it has.
 * @param path the path to the rows below the field being resolved, e.g. `['edges', 'node']`; the field itself when
 * absent.
 * @param columns further columns needed of each row, such as the one that a list is ordered by.
 */
export function selectionFor(
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
  columns: readonly string[] = [],
): Selection {
  const prepared = preparedSelections.get(info.fieldNodes);
  if (!prepared) return select(context, info, path, columns);
  const key = [...path, ...columns].join(' ');
  const known = prepared.get(key);
  if (known) return known;
  const selection = select(unreadableContext, info, path, columns);
  prepared.set(key, selection);
  return selection;
}

/** The same for those of the rows at `path` that are of one type, where that leads to a union. */
export function selectionOfMember(
  context: Context,
  info: GraphQLResolveInfo,
  typeName: string,
  path: readonly string[],
): Selection {
  return queryFromInfo({ context, info, typeName, select: { id: true }, path: [...path] });
}

/** A selection can't be prepared, because it depends on the request's context. */
export class SelectionDependsOnRequest extends Error {
  override readonly name = 'SelectionDependsOnRequest';
}

/** Cached selections below fields whose nodes are the same for many requests, by path and further columns. */
const preparedSelections = new WeakMap<readonly FieldNode[], Map<string, Selection>>();

/**
 * Caches the selections of a field whose nodes are passed to its resolver repeatedly, and below which arguments and
 * directives don't change. {@link selectionFor} throws {@link SelectionDependsOnRequest} if they do.
 */
export function prepareSelections(nodes: readonly FieldNode[]): void {
  preparedSelections.set(nodes, new Map());
}

/** Works for code that only compares contexts by identity. */
const unreadableContext = new Proxy(
  {},
  {
    get(_target, property) {
      if (typeof property === 'symbol') return undefined;
      throw new SelectionDependsOnRequest(`A selection depends on ${property} of the request's context.`);
    },
  },
);

function select(
  context: object,
  info: GraphQLResolveInfo,
  path: readonly string[],
  columns: readonly string[],
): Selection {
  return queryFromInfo({
    context,
    info,
    select: Object.fromEntries([...rowColumns, ...columns].map((column) => [column, true])),
    ...(path.length === 0 ? {} : { path: [...path] }),
  });
}
