import type { Prisma, Role } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { dateColumn, listOrders, textColumn } from '../../graphql/list-order.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { resolveTenantList } from '../../graphql/tenant-lists.ts';
import { findRole, roleFilter } from './role.service.ts';
import { PermissionType, RoleType, wholeCatalogue } from './role.type.ts';

builder.queryField('role', (t) =>
  t.field({
    type: RoleType,
    nullable: true,
    extensions: fromRows,
    description: 'One role; null when there is none of that id. Needs `roles:read`.',
    args: { roleId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'roles:read' },
    resolve: (_root, { roleId }, context, info) =>
      findRole(context.db, parseId('Role', roleId, ['roleId']), selectionFor(context, info)),
  }),
);

const orders = listOrders<Role, Prisma.RoleWhereInput, Prisma.RoleOrderByWithRelationInput>('Role', {
  CREATED_AT: dateColumn('createdAt', {
    description: 'When the role was created.',
    read: ({ createdAt }) => createdAt,
    where: (createdAt) => ({ createdAt }),
    orderBy: (createdAt) => ({ createdAt }),
  }),
  UPDATED_AT: dateColumn('updatedAt', {
    description: 'When the role was last changed.',
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

builder.queryField('roles', (t) =>
  t.connection(
    {
      type: RoleType,
      extensions: fromRows,
      description: 'The roles, newest first unless ordered otherwise. Needs `roles:read`.',
      args: {
        search: t.arg.string({ description: 'Only roles whose code or name contains this text.' }),
        isSystemRole: t.arg.boolean({
          description: 'Only the roles that every tenant has, or only the others.',
        }),
        deleted: t.arg.boolean({ description: 'Only deleted roles. Needs `roles:delete` too.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { permission: 'roles:read' },
      resolve: (_root, args, context, info) => {
        if (args.deleted) assertPermission(context, 'roles:delete');
        const filter = roleFilter(args);
        return resolveTenantList(args, context, info, {
          name: 'roles',
          model: 'role',
          filter,
          order: orders.choose(args.orderBy),
          delegate: context.db.role,
        });
      },
    },
    { name: 'RoleConnection', description: 'One page of roles.' },
    { name: 'RoleEdge', description: 'One role in a page.' },
  ),
);

builder.queryField('permissions', (t) =>
  t.prismaField({
    type: [PermissionType],
    extensions: { ...wholeCatalogue, ...fromRows },
    description: 'Everything that a role can grant, by code. Needs `roles:read`.',
    authScopes: { permission: 'roles:read' },
    resolve: (query, _root, _args, { db }) =>
      db.permission.findMany({ ...query, where: { deletedAt: null }, orderBy: { code: 'asc' } }),
  }),
);
