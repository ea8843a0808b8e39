import { message, nounOf } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { readReferences, updateInput } from '../../graphql/entities/entity-inputs.ts';
import { parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { passwordsOf } from '../../graphql/passwords-of.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import {
  createUser,
  deleteUser,
  makeOneTimePassword,
  prepareUser,
  resetPassword,
  restoreUser,
  unlockUser,
  updateUser,
} from './user.service.ts';
import { UserType } from './user.type.ts';
import { users } from './user-entity.service.ts';

const UserCreateInput = builder.inputType('UserCreateInput', {
  description: 'A new user.',
  fields: (t) => ({
    username: t.string({
      required: true,
      description: '3 to 64 letters, digits, dots, hyphens or underscores. Stored in lower case.',
    }),
    email: t.string({ required: true, description: 'Stored in lower case.' }),
    password: t.string({
      required: true,
      description:
        '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol; no common one.',
    }),
    fullName: t.string({ required: true, description: 'At most 128 characters.' }),
    phone: t.string({ description: 'Digits, spaces and `+ ( ) . / -`.' }),
    position: t.string({ description: 'At most 128 characters.' }),
    departmentId: t.id({ description: 'A department’s global id or UUID.' }),
    roleId: t.id({ description: 'A role’s global id or UUID. It may grant nothing that you lack.' }),
    branchId: t.id({ description: 'A branch’s global id or UUID.' }),
  }),
});

const UserUpdateInput = updateInput(users);

builder.mutationField('createUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Creates an active user. Needs `users:write`. `CONFLICT` names the fields that another user has already; `SEAT_LIMIT_REACHED` says how many seats the plan has.',
    args: { input: t.arg({ type: UserCreateInput, required: true, description: 'The new user.' }) },
    authScopes: { permission: 'users:write' },
    grantScopes: ['user'],
    resolve: async (_root, { input }, context, info) => {
      const { db, viewer, tenant } = context;
      const fields = readReferences(users, input);
      const user = await prepareUser(db, viewer, fields, tenant.maxUsers, passwordsOf(context));
      return context.changeIdentity((transaction, actor) =>
        createUser(transaction, actor, user, tenant.maxUsers, selectionFor(context, info)),
      );
    },
  }),
);

builder.mutationField('updateUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Changes a user who may do no more than you. Needs `users:write`. A deactivated user is signed out everywhere; nobody deactivates themselves, and an active administrator always remains (`LAST_ADMINISTRATOR`).',
    args: {
      userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      input: t.arg({ type: UserUpdateInput, required: true, description: 'The changes.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'users:write' },
    grantScopes: ['user'],
    resolve: (_root, { userId, input, expectedUpdatedAt }, context, info) => {
      const id = parseId('User', userId, ['userId']);
      const changes = readReferences(users, input);
      const options = { expectedUpdatedAt, maxUsers: context.tenant.maxUsers };
      return context.changeIdentity((transaction, actor) =>
        updateUser(transaction, actor, id, changes, options, selectionFor(context, info)),
      );
    },
  }),
);

builder.mutationField('deleteUser', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Deletes a user who may do no more than you, and not yourself. The username and the email address can be used again. Needs `users:delete`.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'users:delete' },
    resolve: async (_root, { userId }, context) => {
      const id = parseId('User', userId, ['userId']);
      const name = await context.changeIdentity((transaction, actor) => deleteUser(transaction, actor, id));
      return deleted('User', id, context.say(message('done.deleted', { type: nounOf('User'), name })));
    },
  }),
);

builder.mutationField('restoreUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Brings a deleted user back; what has been deleted of department, role and branch since is left empty. Needs `users:delete`.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'users:delete' },
    grantScopes: ['user'],
    resolve: (_root, { userId }, context, info) => {
      const id = parseId('User', userId, ['userId']);
      return context.changeIdentity((transaction, actor) =>
        restoreUser(transaction, actor, id, context.tenant.maxUsers, selectionFor(context, info)),
      );
    },
  }),
);

/** A password to hand over. */
interface HandedOutPassword {
  readonly oneTimePassword: string;
  readonly expiresAt: Date;
}

const ResetPasswordPayload = builder.objectRef<HandedOutPassword>('ResetPasswordPayload').implement({
  description: 'A password to hand over to its user.',
  fields: (t) => ({
    temporaryPassword: t.exposeString('oneTimePassword', {
      description: 'Single-use: the next `login` must also send `newPassword`. Shown only here.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it has to be used.' }),
  }),
});

builder.mutationField('resetPassword', (t) =>
  t.field({
    type: ResetPasswordPayload,
    description:
      'Gives a user with no more permissions than you a single-use password, and signs them out everywhere. Needs `users:write`.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'users:write' },
    resolve: async (_root, { userId }, context) => {
      const id = parseId('User', userId, ['userId']);
      const password = await makeOneTimePassword(context.db, context.viewer, id, passwordsOf(context));
      await context.changeIdentity((transaction, actor) => resetPassword(transaction, actor, id, password));
      return password;
    },
  }),
);

builder.mutationField('unlockUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Lets a user who may do no more than you sign in again, after failed sign-ins have locked the account. Needs `users:write`; nobody unlocks themselves.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'users:write' },
    grantScopes: ['user'],
    resolve: (_root, { userId }, context, info) => {
      const id = parseId('User', userId, ['userId']);
      return context.changeIdentity((transaction, actor) =>
        unlockUser(transaction, actor, id, selectionFor(context, info)),
      );
    },
  }),
);
