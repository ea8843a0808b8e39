import type { Department, Prisma } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId } from '../../graphql/global-id.ts';
import { dateColumn, listOrders, textColumn } from '../../graphql/list-order.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { resolveTenantList } from '../../graphql/tenant-lists.ts';
import { DepartmentConnection, DepartmentEdge, nameColumn } from './department.children.ts';
import { departmentFilter, findLiveDepartment } from './department.service.ts';
import { DepartmentType } from './department.type.ts';

builder.queryField('department', (t) =>
  t.field({
    type: DepartmentType,
    nullable: true,
    extensions: fromRows,
    description: 'One department; null when there is none of that id. Needs `departments:read`.',
    args: { departmentId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'departments:read' },
    resolve: (_root, { departmentId }, context, info) =>
      findLiveDepartment(
        context.db,
        parseId('Department', departmentId, ['departmentId']),
        selectionFor(context, info),
      ),
  }),
);

const orders = listOrders<Department, Prisma.DepartmentWhereInput, Prisma.DepartmentOrderByWithRelationInput>(
  'Department',
  {
    CREATED_AT: dateColumn('createdAt', {
      description: 'When the department was created.',
      read: ({ createdAt }) => createdAt,
      where: (createdAt) => ({ createdAt }),
      orderBy: (createdAt) => ({ createdAt }),
    }),
    UPDATED_AT: dateColumn('updatedAt', {
      description: 'When the department was last changed.',
      read: ({ updatedAt }) => updatedAt,
      where: (updatedAt) => ({ updatedAt }),
      orderBy: (updatedAt) => ({ updatedAt }),
    }),
    CODE: textColumn('code', {
      description: 'The short name for programs.',
      read: ({ code }) => code,
      where: (code) => ({ code }),
      orderBy: (code) => ({ code }),
    }),
    NAME: nameColumn,
  },
);

builder.queryField('departments', (t) =>
  t.connection(
    {
      type: DepartmentType,
      extensions: fromRows,
      description: 'The departments, newest first unless ordered otherwise. Needs `departments:read`.',
      args: {
        search: t.arg.string({ description: 'Only departments whose code or name contains this text.' }),
        parentId: t.arg.id({ description: 'Only departments right below this one: its global id or UUID.' }),
        topLevel: t.arg.boolean({ description: 'Only departments with none above, or only the others.' }),
        deleted: t.arg.boolean({ description: 'Only deleted departments. Needs `departments:delete` too.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { permission: 'departments:read' },
      resolve: (_root, args, context, info) => {
        if (args.deleted) assertPermission(context, 'departments:delete');
        const filter = departmentFilter({
          ...args,
          parentId: optionalId('Department', args.parentId, ['parentId']),
        });
        return resolveTenantList(args, context, info, {
          name: 'departments',
          model: 'department',
          filter,
          order: orders.choose(args.orderBy),
          delegate: context.db.department,
        });
      },
    },
    DepartmentConnection,
    DepartmentEdge,
  ),
);
