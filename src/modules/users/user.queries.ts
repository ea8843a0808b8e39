import { message, UnauthenticatedError } from '../../errors/index.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { byReference, byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityList } from '../../graphql/entities/entity-queries.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { findUser } from './user.service.ts';
import { UserType } from './user.type.ts';
import { users } from './user-entity.service.ts';

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

entityList(users, UserType, {
  search: 'Only users whose username, full name or email contains this text. Case does not matter.',
  orders: {
    USERNAME: ['username', 'The name to sign in with.'],
    FULL_NAME: 'fullName',
    EMAIL: 'email',
  },
  filters: {
    isActive: byToggle('isActive', 'Only active users, or only inactive ones.'),
    departmentId: byReference('departmentId', 'Department', 'Only users of this department.'),
    roleId: byReference('roleId', 'Role', 'Only users with this role.'),
    branchId: byReference('branchId', 'Branch', 'Only users of this branch.'),
  },
});
