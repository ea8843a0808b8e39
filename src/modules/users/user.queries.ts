import { UnauthenticatedError } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { findUser, userFilter } from './user.service.ts';
import { UserType } from './user.type.ts';

builder.queryField('me', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    description: 'The signed-in user. Null for a manager of the platform, who is no user of the tenant.',
    authScopes: { inTenant: true },
    resolve: async (_root, _args, context, info) => {
      const { db, viewer } = context;
      if (viewer.role === 'manager') return null;
      const user = await findUser(db, viewer.userId, selectionFor(context, info));
      if (!user) throw new UnauthenticatedError('Your account no longer exists.');
      return user;
    },
  }),
);

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
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

builder.queryField('users', (t) =>
  t.connection(
    {
      type: UserType,
      description: 'The users, newest first. Needs `users:read`.',
      args: {
        search: t.arg.string({
          description:
            'Only users whose username, full name or email contains this text. Case does not matter.',
        }),
        isActive: t.arg.boolean({ description: 'Only active users, or only inactive ones.' }),
      },
      authScopes: { permission: 'users:read' },
      resolve: (_root, args, context, info) => {
        const filter = userFilter(args);
        return resolveListConnection('users', args, context, {
          findMany: ({ where, ...page }) =>
            context.db.user.findMany({
              ...selectionFor(context, info, ['edges', 'node']),
              ...page,
              where: { ...filter, ...where },
            }),
          count: () => context.db.user.count({ where: filter }),
        });
      },
    },
    { name: 'UserConnection', description: 'One page of users.' },
    { name: 'UserEdge', description: 'One user in a page.' },
  ),
);
