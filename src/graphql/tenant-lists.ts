import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import type { GraphQLResolveInfo } from 'graphql';
import { type Page, resolveListConnection } from './connections.ts';
import type { Context } from './context.ts';
import type { ChosenOrder } from './list-order.ts';
import { selectionFor } from './selection.ts';

/** The query for one page of rows, in terms of Prisma's `findMany`; the selection is added to it. */
export interface PageQuery<Where, OrderBy> {
  readonly where: ReturnType<Page<Where, OrderBy>['within']>;
  readonly orderBy: Page<Where, OrderBy>['orderBy'];
  readonly take: number;
}

/** A list of rows in a tenant's database. */
export interface TenantList<Row, Where, OrderBy> {
  /** The list's name, e.g. `users`; a cursor of another list is refused. */
  readonly name: string;
  /** The name of the model's delegate in the Prisma client. */
  readonly model: string;
  readonly filter: Where;
  readonly order: ChosenOrder<Row, Where, OrderBy>;
  /** That delegate, for queries that the row reader doesn't support. */
  readonly delegate: {
    findMany(query: PageQuery<Where, OrderBy>): Promise<Row[]>;
    count(query: { readonly where: Where }): Promise<number>;
  };
}

/**
 * Resolves one page of a list of the request's tenant, with the fields that the client requested.
 * @throws {ValidationFailedError} as {@link resolveListConnection} does.
 */
export function resolveTenantList<
  Row extends { readonly id: string },
  Where extends object,
  OrderBy extends object,
>(
  args: DefaultConnectionArguments,
  context: Context,
  info: GraphQLResolveInfo,
  { name, model, filter, order, delegate }: TenantList<Row, Where, OrderBy>,
) {
  return resolveListConnection<Row, Where, OrderBy>(args, info, {
    name: `${name}:${context.tenant.tenantKey}`,
    order,
    findMany: ({ within, orderBy, take }) => {
      const selection = selectionFor(context, info, ['edges', 'node'], [order.column.column]);
      const page = { ...selection, where: within(filter), orderBy, take };
      return context.rows.findMany(model, page, (query) => delegate.findMany(query));
    },
    count: () => delegate.count({ where: filter }),
  });
}
