import type { Department, Prisma } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedPage, resolveListConnection } from '../../graphql/connections.ts';
import type { Context } from '../../graphql/context.ts';
import { type ChosenOrder, textColumn } from '../../graphql/list-order.ts';
import { departmentPage } from './department.queries.ts';
import { DepartmentType } from './department.type.ts';

type Where = Prisma.DepartmentWhereInput;
type OrderBy = Prisma.DepartmentOrderByWithRelationInput;

const nameColumn = textColumn<Pick<Department, 'name'>, Where, OrderBy>('name', {
  description: 'The name for people.',
  read: ({ name }) => name,
  where: (name) => ({ name }),
  orderBy: (name) => ({ name }),
});

const below = { deletedAt: null };

/** The list of what stands right below a department, whichever: a cursor is a place among names. */
function childrenOf({ tenant }: Context) {
  const order: ChosenOrder<Pick<Department, 'id' | 'name'>, Where, OrderBy> = {
    column: nameColumn,
    direction: 'asc',
  };
  return { name: `children:${tenant.tenantKey}`, order };
}

builder.prismaObjectField(DepartmentType, 'children', (t) =>
  t.connection(
    {
      type: DepartmentType,
      extensions: fromRows,
      description: 'The departments right below, by name. Needs `departments:read`.',
      authScopes: { permission: 'departments:read' },
      // Pages of all departments of a list are loaded in its own statement.
      select: (args, context, nestedSelection) => {
        const { within, orderBy, take } = nestedPage(args, childrenOf(context));
        return {
          children: {
            ...nestedSelection({ select: { id: true, name: true } }, ['edges', 'node']),
            where: within(below),
            orderBy,
            take,
          },
          _count: { select: { children: { where: below } } },
        };
      },
      resolve: (department, args, context, info) =>
        resolveListConnection(args, info, {
          ...childrenOf(context),
          findMany: async () => department.children,
          count: async () => department._count.children,
        }),
    },
    departmentPage.connection,
    departmentPage.edge,
  ),
);
