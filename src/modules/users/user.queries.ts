import { message, UnauthenticatedError } from '../../errors/index.ts';
import type { Prisma, User } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId } from '../../graphql/global-id.ts';
import { dateColumn, listOrders, textColumn } from '../../graphql/list-order.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { resolveTenantList } from '../../graphql/tenant-lists.ts';
import { findUser, userFilter } from './user.service.ts';
import { UserType } from './user.type.ts';

builder.queryField('me', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    extensions: fromRows,
    description: 'The signed-in user. Null for a manager of the platform, who is no user of the tenant.',
    authScopes: { inTenant: true },
    resolve: async (_root, _args, context, info) => {
      const { db, viewer } = context;
      if (viewer.role === 'manager') return null;
      const user = await findUser(db, viewer.userId, selectionFor(context, info));
      if (!user) throw new UnauthenticatedError(message('auth.accountGone'));
      return user;
    },
  }),
);

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    extensions: fromRows,
    description:
      'One user; null when there is none of that id. Everybody may read their own, others need `users:read`.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: (_root, { userId }) => ({
      $any: { permission: 'users:read', self: parseId('User', userId, ['userId']) },
    }),
    resolve: (_root, { userId }, context, info) =>
      findUser(context.db, parseId('User', userId, ['userId']), selectionFor(context, info)),
  }),
);

const orders = listOrders<User, Prisma.UserWhereInput, Prisma.UserOrderByWithRelationInput>('User', {
  CREATED_AT: dateColumn('createdAt', {
    description: 'When the user was created.',
    read: ({ createdAt }) => createdAt,
    where: (createdAt) => ({ createdAt }),
    orderBy: (createdAt) => ({ createdAt }),
  }),
  UPDATED_AT: dateColumn('updatedAt', {
    description: 'When the user was last changed.',
    read: ({ updatedAt }) => updatedAt,
    where: (updatedAt) => ({ updatedAt }),
    orderBy: (updatedAt) => ({ updatedAt }),
  }),
  USERNAME: textColumn('username', {
    description: 'The name to sign in with.',
    read: ({ username }) => username,
    where: (username) => ({ username }),
    orderBy: (username) => ({ username }),
  }),
  FULL_NAME: textColumn('fullName', {
    description: 'The name to show.',
    read: ({ fullName }) => fullName,
    where: (fullName) => ({ fullName }),
    orderBy: (fullName) => ({ fullName }),
  }),
  EMAIL: textColumn('email', {
    description: 'The email address.',
    read: ({ email }) => email,
    where: (email) => ({ email }),
    orderBy: (email) => ({ email }),
  }),
});

builder.queryField('users', (t) =>
  t.connection(
    {
      type: UserType,
      extensions: fromRows,
      description: 'The users, newest first unless ordered otherwise. Needs `users:read`.',
      args: {
        search: t.arg.string({
          description:
            'Only users whose username, full name or email contains this text. Case does not matter.',
        }),
        isActive: t.arg.boolean({ description: 'Only active users, or only inactive ones.' }),
        departmentId: t.arg.id({ description: 'Only users of this department: its global id or UUID.' }),
        roleId: t.arg.id({ description: 'Only users with this role: its global id or UUID.' }),
        branchId: t.arg.id({ description: 'Only users of this branch: its global id or UUID.' }),
        deleted: t.arg.boolean({ description: 'Only deleted users. Needs `users:delete` too.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { permission: 'users:read' },
      resolve: (_root, args, context, info) => {
        if (args.deleted) assertPermission(context, 'users:delete');
        const filter = userFilter({
          ...args,
          departmentId: optionalId('Department', args.departmentId, ['departmentId']),
          roleId: optionalId('Role', args.roleId, ['roleId']),
          branchId: optionalId('Branch', args.branchId, ['branchId']),
        });
        return resolveTenantList(args, context, info, {
          name: 'users',
          model: 'user',
          filter,
          order: orders.choose(args.orderBy),
          delegate: context.db.user,
        });
      },
    },
    { name: 'UserConnection', description: 'One page of users.' },
    { name: 'UserEdge', description: 'One user in a page.' },
  ),
);
