import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { ManagerRow } from '../../tenancy/platform/managers.ts';

export const ManagerType = builder.loadableNode('Manager', {
  extensions: fromOutside,
  description: 'An administrator of the platform. Only for managers.',
  id: { resolve: ({ id }: ManagerRow) => id, description: 'The global id.' },
  // Asked first, because the other one throws for a manager who has entered a tenant.
  authScopes: { $any: { $granted: 'oneself', manager: true } },
  // Async, because a loader has to reject where `platform` throws.
  load: async (ids: string[], { platform }) => platform.managers.load(ids),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    username: t.exposeString('username', { description: 'The name to sign in with.' }),
    email: t.exposeString('email', { description: 'The email address.' }),
    fullName: t.exposeString('fullName', { description: 'The name to show.' }),
    isActive: t.exposeBoolean('isActive', { description: 'Whether they may sign in.' }),
    mustChangePassword: t.exposeBoolean('mustChangePassword', {
      description: 'Whether the password is single-use: the next `login` must also send `newPassword`.',
    }),
    lastLoginAt: t.expose('lastLoginAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they last signed in; null when they never have.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});
