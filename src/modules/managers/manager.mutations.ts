import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { passwordsOf } from '../../graphql/passwords-of.ts';
import { reportFieldsIn } from '../../graphql/report-fields.ts';
import type { ManagerCredentials, ResetCredentials } from '../../tenancy/platform/manager-accounts.ts';
import { ManagerType } from './manager.type.ts';

const managerIdArgument = 'The manager’s global id or UUID.';

const ManagerCreateInput = builder.inputType('ManagerCreateInput', {
  description: 'A new manager.',
  fields: (t) => ({
    username: t.string({
      required: true,
      description: '3 to 64 letters, digits, dots, hyphens or underscores. Stored in lower case.',
    }),
    email: t.string({ required: true, description: 'Stored in lower case.' }),
    fullName: t.string({ required: true, description: 'At most 128 characters.' }),
    password: t.string({
      description:
        '8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol; no common one. When left out, one is made up that is good for one sign-in.',
    }),
  }),
});

const CreateManagerPayload = builder.objectRef<ManagerCredentials>('CreateManagerPayload').implement({
  description: 'A new manager, and the password to hand over.',
  authScopes: { manager: true },
  fields: (t) => ({
    manager: t.field({ type: ManagerType, description: 'The manager.', resolve: (manager) => manager }),
    temporaryPassword: t.exposeString('oneTimePassword', {
      nullable: true,
      description:
        'Single-use: the next `login` must also send `newPassword`. Shown only here; null when the input had one.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when that has to be used; null when the input had one.',
    }),
  }),
});

builder.mutationField('createManager', (t) =>
  t.field({
    type: CreateManagerPayload,
    nullable: true,
    description:
      'Creates an active manager. Only for managers. `CONFLICT` names the field that another manager has already.',
    args: { input: t.arg({ type: ManagerCreateInput, required: true, description: 'The new manager.' }) },
    authScopes: { manager: true },
    resolve: (_root, { input }, context) =>
      reportFieldsIn('input', () =>
        context.platform.managers.create(context.actor, input, passwordsOf(context)),
      ),
  }),
);

builder.mutationField('disableManager', (t) =>
  t.field({
    type: ManagerType,
    nullable: true,
    description:
      'Keeps another manager from signing in, and ends their sessions everywhere at once. One who is disabled already stays so. Only for managers; nobody disables themselves, so that an active manager always remains.',
    args: {
      managerId: t.arg.id({ required: true, description: managerIdArgument }),
      reason: t.arg.string({ description: 'Why, for the managers’ audit log; 1 to 500 characters.' }),
    },
    authScopes: { manager: true },
    resolve: (_root, { managerId, reason }, { platform, actor }) =>
      platform.managers.disable(actor, parseId('Manager', managerId, ['managerId']), reason),
  }),
);

builder.mutationField('enableManager', (t) =>
  t.field({
    type: ManagerType,
    nullable: true,
    description:
      'Lets a disabled manager sign in again, with the password that they had. One who is active stays so. Only for managers.',
    args: { managerId: t.arg.id({ required: true, description: managerIdArgument }) },
    authScopes: { manager: true },
    resolve: (_root, { managerId }, { platform, actor }) =>
      platform.managers.enable(actor, parseId('Manager', managerId, ['managerId'])),
  }),
);

const ResetManagerPasswordPayload = builder
  .objectRef<ResetCredentials>('ResetManagerPasswordPayload')
  .implement({
    description: 'A password to hand over to its manager.',
    authScopes: { manager: true },
    fields: (t) => ({
      manager: t.field({ type: ManagerType, description: 'The manager.', resolve: (manager) => manager }),
      temporaryPassword: t.exposeString('oneTimePassword', {
        description: 'Single-use: the next `login` must also send `newPassword`. Shown only here.',
      }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it has to be used.' }),
    }),
  });

builder.mutationField('resetManagerPassword', (t) =>
  t.field({
    type: ResetManagerPasswordPayload,
    nullable: true,
    description:
      'Gives another manager a password for one sign-in, and signs them out everywhere. Only for managers; your own is changed with `changePassword`.',
    args: { managerId: t.arg.id({ required: true, description: managerIdArgument }) },
    authScopes: { manager: true },
    resolve: (_root, { managerId }, context) => {
      const id = parseId('Manager', managerId, ['managerId']);
      return context.platform.managers.resetPassword(context.actor, id, passwordsOf(context));
    },
  }),
);
