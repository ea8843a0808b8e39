import { builder } from '../../graphql/builder.ts';
import { parseId, parseIds } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { SuccessResponse } from '../../graphql/success-response.ts';
import { createUser, deleteUser, updateUser } from './user.service.ts';
import { UserType } from './user.type.ts';

const referenceTypes = { departmentId: 'Department', roleId: 'Role', branchId: 'Branch' } as const;

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
      description: '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol.',
    }),
    fullName: t.string({ required: true, description: 'At most 128 characters.' }),
    phone: t.string({ description: 'Digits, spaces and `+ ( ) . / -`.' }),
    position: t.string({ description: 'At most 128 characters.' }),
    departmentId: t.id({ description: 'A department’s global id or UUID.' }),
    roleId: t.id({ description: 'A role’s global id or UUID. It may grant nothing that you lack.' }),
    branchId: t.id({ description: 'A branch’s global id or UUID.' }),
  }),
});

const UserUpdateInput = builder.inputType('UserUpdateInput', {
  description: 'What to change of a user: an absent field stays as it is, null clears one that may be empty.',
  fields: (t) => ({
    email: t.string({ description: 'Stored in lower case. Can’t be cleared.' }),
    fullName: t.string({ description: 'At most 128 characters. Can’t be cleared.' }),
    phone: t.string({ description: 'Digits, spaces and `+ ( ) . / -`.' }),
    position: t.string({ description: 'At most 128 characters.' }),
    departmentId: t.id({ description: 'A department’s global id or UUID.' }),
    roleId: t.id({ description: 'A role’s global id or UUID. It may grant nothing that you lack.' }),
    branchId: t.id({ description: 'A branch’s global id or UUID.' }),
    isActive: t.boolean({ description: 'Whether the user may sign in. Can’t be cleared.' }),
  }),
});

builder.mutationField('createUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Creates an active user. Needs `users:write`. `CONFLICT` names the field that another user has already.',
    args: { input: t.arg({ type: UserCreateInput, required: true, description: 'The new user.' }) },
    authScopes: { permission: 'users:write' },
    grantScopes: ['user'],
    resolve: (_root, { input }, context, info) =>
      createUser(
        context.db,
        context.viewer,
        parseIds(referenceTypes, input, ['input']),
        selectionFor(context, info),
      ),
  }),
);

builder.mutationField('updateUser', (t) =>
  t.field({
    type: UserType,
    description: 'Changes a user. Needs `users:write`.',
    args: {
      userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      input: t.arg({ type: UserUpdateInput, required: true, description: 'The changes.' }),
    },
    authScopes: { permission: 'users:write' },
    grantScopes: ['user'],
    resolve: (_root, { userId, input }, context, info) =>
      updateUser(
        context.db,
        context.viewer,
        parseId('User', userId, ['userId']),
        parseIds(referenceTypes, input, ['input']),
        selectionFor(context, info),
      ),
  }),
);

builder.mutationField('deleteUser', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Deletes a user. The username and the email address can be used again. Needs `users:delete`.',
    args: { userId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'users:delete' },
    resolve: async (_root, { userId }, { db, viewer }) => {
      const username = await deleteUser(db, viewer, parseId('User', userId, ['userId']));
      return { success: true, message: `User '${username}' was deleted.` };
    },
  }),
);
