import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import type { GraphQLResolveInfo } from 'graphql';
import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity, EntityRow, OrderableColumnOf } from '../../entities/entity.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import { nestedPage, resolveListConnection } from '../connections.ts';
import type { Context } from '../context.ts';
import { entityColumn } from './entity-column.ts';

/** The rows of a nested list that the parent row's statement has loaded. */
interface LoadedList<Row> {
  readonly rows: Row[];
  /** The number of rows on all pages. */
  readonly count: number;
}

type Row = Pick<EntityRow, 'id'>;

/**
 * The live rows of an entity that stand below another row, in the order of a column. Their pages are loaded in
 * the statement of the rows above, with no row that doesn't exist for the viewer.
 * @param name of the list: a cursor of another one is refused.
 */
export function nestedList<Name extends EntityName>(
  entity: Entity<Name>,
  name: string,
  column: OrderableColumnOf<Name>,
) {
  const order = {
    column: entityColumn<Row>(entity, column, ''),
    direction: 'asc',
  } as const;
  const listIn = ({ tenant }: Context) => ({ name: `${name}:${tenant.tenantKey}`, order });
  const conditionFor = ({ viewer }: Context) => {
    const visible = visibleRows(entity.name, viewer, 'read');
    return { deletedAt: null, ...(Object.keys(visible).length === 0 ? {} : { AND: [visible] }) };
  };

  return {
    /** The query of a page, in Prisma's words. */
    page(args: DefaultConnectionArguments, context: Context) {
      const { within, orderBy, take } = nestedPage<Row, object, object>(args, listIn(context));
      return { where: within(conditionFor(context)), orderBy, take };
    },
    /** The rows of all pages, for a count. */
    all: (context: Context) => ({ where: conditionFor(context) }),
    /** Resolves a page that was loaded. */
    resolve: (
      args: DefaultConnectionArguments,
      info: GraphQLResolveInfo,
      context: Context,
      { rows, count }: LoadedList<Row>,
    ) =>
      resolveListConnection<Row, object, object>(args, info, {
        ...listIn(context),
        findMany: async () => rows,
        count,
      }),
  };
}
