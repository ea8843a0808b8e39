import { message, nounOf } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import { PermissionScopeInput } from './permission-scope.type.ts';
import { createRole, deleteRole, restoreRole, updateRole } from './role.service.ts';
import { RoleType } from './role.type.ts';

const RoleCreateInput = builder.inputType('RoleCreateInput', {
  description: 'A new role.',
  fields: (t) => ({
    code: t.string({
      required: true,
      description: 'The short name for programs: letters, digits, dots, hyphens and underscores; at most 64.',
    }),
    name: t.string({ required: true, description: 'The name for people; at most 128 characters.' }),
    description: t.string({ description: 'At most 1,024 characters.' }),
    permissions: t.stringList({
      required: true,
      description: 'The codes of what it grants, e.g. `users:read`. Nothing that you lack.',
    }),
    scopes: t.field({
      type: [PermissionScopeInput],
      description:
        'The rows for which it grants them; a permission that isn’t listed is granted for all rows.',
    }),
  }),
});

const RoleUpdateInput = builder.inputType('RoleUpdateInput', {
  description: 'What to change of a role: an absent field stays as it is, null clears one that may be empty.',
  fields: (t) => ({
    code: t.string({ description: 'The short name for programs. Can’t be cleared.' }),
    name: t.string({ description: 'The name for people. Can’t be cleared.' }),
    description: t.string({ description: 'At most 1,024 characters.' }),
    permissions: t.stringList({
      description: 'The codes of all that it grants from now on. Nothing that you lack. Can’t be cleared.',
    }),
    scopes: t.field({
      type: [PermissionScopeInput],
      description:
        'The rows for which it grants them from now on; a permission that isn’t listed is granted for all rows. If absent, what it has granted keeps its scope. Can’t be cleared.',
    }),
  }),
});

builder.mutationField('createRole', (t) =>
  t.field({
    type: RoleType,
    description: 'Creates a role. Needs `roles:write`. `CONFLICT` when another role has the code.',
    args: { input: t.arg({ type: RoleCreateInput, required: true, description: 'The new role.' }) },
    authScopes: { permission: 'roles:write' },
    grantScopes: ['reference', 'rolePermissions'],
    resolve: (_root, { input }, context, info) =>
      context.changeIdentity((transaction, actor) =>
        createRole(transaction, actor, input, selectionFor(context, info)),
      ),
  }),
);

builder.mutationField('updateRole', (t) =>
  t.field({
    type: RoleType,
    description:
      'Changes a role. Needs `roles:write`. A system role, and one that grants more than you have, can’t be changed.',
    args: {
      roleId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      input: t.arg({ type: RoleUpdateInput, required: true, description: 'The changes.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'roles:write' },
    grantScopes: ['reference', 'rolePermissions'],
    resolve: (_root, { roleId, input, expectedUpdatedAt }, context, info) => {
      const id = parseId('Role', roleId, ['roleId']);
      const changes = input;
      return context.changeIdentity((transaction, actor) =>
        updateRole(transaction, actor, id, changes, expectedUpdatedAt, selectionFor(context, info)),
      );
    },
  }),
);

builder.mutationField('deleteRole', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Deletes a role; its code can be used again. Needs `roles:delete`. `CONFLICT` while it is held by users; `dependents` counts them, for whoever may read roles.',
    args: {
      roleId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
    },
    authScopes: { permission: 'roles:delete' },
    resolve: async (_root, { roleId }, context) => {
      const id = parseId('Role', roleId, ['roleId']);
      const name = await context.changeIdentity((transaction, actor) => deleteRole(transaction, actor, id));
      return deleted('Role', id, context.say(message('done.deleted', { type: nounOf('Role'), name })));
    },
  }),
);

builder.mutationField('restoreRole', (t) =>
  t.field({
    type: RoleType,
    description:
      'Brings a deleted role back. Needs `roles:delete`. `CONFLICT` when another role has its code by now.',
    args: { roleId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'roles:delete' },
    grantScopes: ['reference', 'rolePermissions'],
    resolve: (_root, { roleId }, context, info) => {
      const id = parseId('Role', roleId, ['roleId']);
      return context.changeIdentity((transaction, actor) =>
        restoreRole(transaction, actor, id, selectionFor(context, info)),
      );
    },
  }),
);
