import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { branchFilter, findLiveBranch } from './branch.service.ts';
import { BranchType } from './branch.type.ts';

builder.queryField('branch', (t) =>
  t.field({
    type: BranchType,
    nullable: true,
    description: 'One branch; null when there is none of that id. Needs `branches:read`.',
    args: { branchId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'branches:read' },
    resolve: (_root, { branchId }, context, info) =>
      findLiveBranch(context.db, parseId('Branch', branchId, ['branchId']), selectionFor(context, info)),
  }),
);

builder.queryField('branches', (t) =>
  t.connection(
    {
      type: BranchType,
      description: 'The branches, newest first. Needs `branches:read`.',
      args: { search: t.arg.string({ description: 'Only branches whose code or name contains this text.' }) },
      authScopes: { permission: 'branches:read' },
      resolve: (_root, args, context, info) => {
        const filter = branchFilter(args.search);
        return resolveListConnection('branches', args, context, {
          findMany: ({ where, ...page }) =>
            context.db.branch.findMany({
              ...selectionFor(context, info, ['edges', 'node']),
              ...page,
              where: { ...filter, ...where },
            }),
          count: () => context.db.branch.count({ where: filter }),
        });
      },
    },
    { name: 'BranchConnection', description: 'One page of branches.' },
    { name: 'BranchEdge', description: 'One branch in a page.' },
  ),
);
