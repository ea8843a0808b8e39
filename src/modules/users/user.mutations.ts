import { insertRow, restoreRow, updateRow } from '../../entities/changes.ts';
import { builder } from '../../graphql/builder.ts';
import { creationInput, readReferences } from '../../graphql/entities/entity-inputs.ts';
import {
  deletionMutation,
  restorationMutation,
  updateMutation,
} from '../../graphql/entities/entity-mutations.ts';
import { parseId } from '../../graphql/global-id.ts';
import { passwordsOf } from '../../graphql/passwords-of.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { makeOneTimePassword, prepareUser, resetPassword, unlockUser } from './user.service.ts';
import { UserType } from './user.type.ts';
import { users } from './user-entity.service.ts';
import { withinSeats } from './user-guards.service.ts';

const grants = ['user'];

const UserCreateInput = creationInput(users, (t) => ({
  username: t.string({
    required: true,
    description: '3 to 64 letters, digits, dots, hyphens or underscores. Stored in lower case.',
  }),
  password: t.string({
    required: true,
    description:
      '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol; no common one.',
  }),
}));

// Not as other entities are created: the password is hashed before the transaction, for which others wait.
builder.mutationField('createUser', (t) =>
  t.field({
    type: UserType,
    description:
      'Creates an active user. Needs `users:write`. `CONFLICT` names the fields that another user has already; `SEAT_LIMIT_REACHED` says how many seats the plan has.',
    args: { input: t.arg({ type: UserCreateInput, required: true, description: 'The new user.' }) },
    authScopes: { permission: 'users:write' },
    grantScopes: grants,
    resolve: async (_root, { input }, context, info) => {
      const { db, viewer, tenant } = context;
      const fields = readReferences(users, input);
      const user = await prepareUser(db, viewer, fields, tenant.maxUsers, passwordsOf(context));
      return context.changeIdentity((transaction, actor) =>
        withinSeats(transaction, tenant.maxUsers, () =>
          insertRow({ entity: users, transaction, actor }, user, selectionFor(context, info)),
        ),
      );
    },
  }),
);

updateMutation(users, UserType, {
  grants,
  note: 'The user may do no more than you. A deactivated one is signed out everywhere; nobody deactivates themselves, and an active administrator always remains (`LAST_ADMINISTRATOR`).',
  run: (on, id, input, expectedUpdatedAt, selection, { tenant }) =>
    withinSeats(on.transaction, tenant.maxUsers, () =>
      updateRow(on, id, input, expectedUpdatedAt, selection),
    ),
});

deletionMutation(users, 'The user may do no more than you, and isn’t you.');

restorationMutation(users, UserType, {
  grants,
  run: (on, id, path, selection, { tenant }) =>
    withinSeats(on.transaction, tenant.maxUsers, () => restoreRow(on, id, path, selection)),
});

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
