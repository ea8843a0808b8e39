import type { Branch, Prisma } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { dateColumn, listOrders, textColumn } from '../../graphql/list-order.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { resolveTenantList } from '../../graphql/tenant-lists.ts';
import { branchFilter, findLiveBranch } from './branch.service.ts';
import { BranchType } from './branch.type.ts';

builder.queryField('branch', (t) =>
  t.field({
    type: BranchType,
    nullable: true,
    extensions: fromRows,
    description: 'One branch; null when there is none of that id. Needs `branches:read`.',
    args: { branchId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'branches:read' },
    resolve: (_root, { branchId }, context, info) =>
      findLiveBranch(context.db, parseId('Branch', branchId, ['branchId']), selectionFor(context, info)),
  }),
);

const orders = listOrders<Branch, Prisma.BranchWhereInput, Prisma.BranchOrderByWithRelationInput>('Branch', {
  CREATED_AT: dateColumn('createdAt', {
    description: 'When the branch was created.',
    read: ({ createdAt }) => createdAt,
    where: (createdAt) => ({ createdAt }),
    orderBy: (createdAt) => ({ createdAt }),
  }),
  UPDATED_AT: dateColumn('updatedAt', {
    description: 'When the branch was last changed.',
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
  NAME: textColumn('name', {
    description: 'The name for people.',
    read: ({ name }) => name,
    where: (name) => ({ name }),
    orderBy: (name) => ({ name }),
  }),
});

builder.queryField('branches', (t) =>
  t.connection(
    {
      type: BranchType,
      extensions: fromRows,
      description: 'The branches, newest first unless ordered otherwise. Needs `branches:read`.',
      args: {
        search: t.arg.string({ description: 'Only branches whose code or name contains this text.' }),
        isActive: t.arg.boolean({ description: 'Only branches that are open, or only closed ones.' }),
        deleted: t.arg.boolean({ description: 'Only deleted branches. Needs `branches:delete` too.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { permission: 'branches:read' },
      resolve: (_root, args, context, info) => {
        if (args.deleted) assertPermission(context, 'branches:delete');
        const filter = branchFilter(args);
        return resolveTenantList(args, context, info, {
          name: 'branches',
          model: 'branch',
          filter,
          order: orders.choose(args.orderBy),
          delegate: context.db.branch,
        });
      },
    },
    { name: 'BranchConnection', description: 'One page of branches.' },
    { name: 'BranchEdge', description: 'One branch in a page.' },
  ),
);
