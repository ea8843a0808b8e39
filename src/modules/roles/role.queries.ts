import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { findRole, roleFilter } from './role.service.ts';
import { RoleType } from './role.type.ts';

builder.queryField('role', (t) =>
  t.field({
    type: RoleType,
    nullable: true,
    description: 'One role; null when there is none of that id. Needs `roles:read`.',
    args: { roleId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'roles:read' },
    resolve: (_root, { roleId }, context, info) =>
      findRole(context.db, parseId('Role', roleId, ['roleId']), selectionFor(context, info)),
  }),
);

builder.queryField('roles', (t) =>
  t.connection(
    {
      type: RoleType,
      description: 'The roles, newest first. Needs `roles:read`.',
      args: { search: t.arg.string({ description: 'Only roles whose code or name contains this text.' }) },
      authScopes: { permission: 'roles:read' },
      resolve: (_root, args, context, info) => {
        const filter = roleFilter(args.search);
        return resolveListConnection('roles', args, context, {
          findMany: ({ where, ...page }) =>
            context.db.role.findMany({
              ...selectionFor(context, info, ['edges', 'node']),
              ...page,
              where: { ...filter, ...where },
            }),
          count: () => context.db.role.count({ where: filter }),
        });
      },
    },
    { name: 'RoleConnection', description: 'One page of roles.' },
    { name: 'RoleEdge', description: 'One role in a page.' },
  ),
);
