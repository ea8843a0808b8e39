import type { Prisma } from '../../generated/central/client.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { dateColumn, listOrders, textColumn } from '../../graphql/list-order.ts';
import { type ManagerRow, managerFilter } from '../../tenancy/platform/managers.ts';
import { ManagerType } from './manager.type.ts';

builder.queryField('currentManager', (t) =>
  t.field({
    type: ManagerType,
    extensions: fromOutside,
    description: 'The signed-in manager. Only for managers who are in no tenant; users ask for `me`.',
    authScopes: { manager: true },
    resolve: (_root, _args, { viewer }) => viewer.userId,
  }),
);

builder.queryField('manager', (t) =>
  t.field({
    type: ManagerType,
    nullable: true,
    extensions: fromOutside,
    description: 'One manager; null when there is none of that id. Only for managers.',
    args: { managerId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { manager: true },
    resolve: (_root, { managerId }, { platform }) =>
      platform.managers.find(parseId('Manager', managerId, ['managerId'])),
  }),
);

const orders = listOrders<ManagerRow, Prisma.ManagerWhereInput, Prisma.ManagerOrderByWithRelationInput>(
  'Manager',
  {
    CREATED_AT: dateColumn('createdAt', {
      description: 'When the account was created.',
      read: ({ createdAt }) => createdAt,
      where: (createdAt) => ({ createdAt }),
      orderBy: (createdAt) => ({ createdAt }),
    }),
    UPDATED_AT: dateColumn('updatedAt', {
      description: 'When the account was last changed.',
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
  },
);

builder.queryField('managers', (t) =>
  t.connection(
    {
      type: ManagerType,
      nullable: true,
      extensions: fromOutside,
      description: 'The managers, newest first unless ordered otherwise. Only for managers.',
      args: {
        search: t.arg.string({
          description:
            'Only managers whose username, full name or email contains this text. Case does not matter.',
        }),
        isActive: t.arg.boolean({ description: 'Only active managers, or only disabled ones.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { manager: true },
      resolve: (_root, args, { platform }, info) => {
        const filter = managerFilter(args);
        return resolveListConnection(args, info, {
          name: 'managers',
          order: orders.choose(args.orderBy),
          findMany: ({ within, orderBy, take }) =>
            platform.managers.list({ where: within(filter), orderBy, take }),
          count: () => platform.managers.count(filter),
        });
      },
    },
    { name: 'ManagerConnection', description: 'One page of managers.' },
    { name: 'ManagerEdge', description: 'One manager in a page.' },
  ),
);
