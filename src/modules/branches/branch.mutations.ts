import { message } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import { createBranch, deleteBranch, restoreBranch, updateBranch } from './branch.service.ts';
import { BranchType } from './branch.type.ts';

const BranchCreateInput = builder.inputType('BranchCreateInput', {
  description: 'A new branch.',
  fields: (t) => ({
    code: t.string({
      required: true,
      description: 'The short name for programs: letters, digits, dots, hyphens and underscores; at most 64.',
    }),
    name: t.string({ required: true, description: 'The name for people; at most 128 characters.' }),
    address: t.string({ description: 'The postal address; at most 512 characters.' }),
    phone: t.string({ description: 'Digits, spaces and `+ ( ) . / -`.' }),
  }),
});

const BranchUpdateInput = builder.inputType('BranchUpdateInput', {
  description:
    'What to change of a branch: an absent field stays as it is, null clears one that may be empty.',
  fields: (t) => ({
    code: t.string({ description: 'The short name for programs. Can’t be cleared.' }),
    name: t.string({ description: 'The name for people. Can’t be cleared.' }),
    address: t.string({ description: 'The postal address; at most 512 characters.' }),
    phone: t.string({ description: 'Digits, spaces and `+ ( ) . / -`.' }),
    isActive: t.boolean({ description: 'Whether the branch is open. Can’t be cleared.' }),
  }),
});

builder.mutationField('createBranch', (t) =>
  t.field({
    type: BranchType,
    description: 'Creates a branch. Needs `branches:write`. `CONFLICT` when another branch has the code.',
    args: { input: t.arg({ type: BranchCreateInput, required: true, description: 'The new branch.' }) },
    authScopes: { permission: 'branches:write' },
    grantScopes: ['reference'],
    resolve: (_root, { input }, context, info) =>
      context.change((transaction, actor) =>
        createBranch(transaction, actor, input, selectionFor(context, info)),
      ),
  }),
);

builder.mutationField('updateBranch', (t) =>
  t.field({
    type: BranchType,
    description: 'Changes a branch. Needs `branches:write`.',
    args: {
      branchId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      input: t.arg({ type: BranchUpdateInput, required: true, description: 'The changes.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'branches:write' },
    grantScopes: ['reference'],
    resolve: (_root, { branchId, input, expectedUpdatedAt }, context, info) => {
      const id = parseId('Branch', branchId, ['branchId']);
      const changes = input;
      return context.change((transaction, actor) =>
        updateBranch(transaction, actor, id, changes, expectedUpdatedAt, selectionFor(context, info)),
      );
    },
  }),
);

builder.mutationField('deleteBranch', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Deletes a branch; its code can be used again. Needs `branches:delete`. `CONFLICT` while it has users: move them first, or name a branch in `reassignTo`.',
    args: {
      branchId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      reassignTo: t.arg.id({
        description: 'Another branch’s global id or UUID, which takes over what this one has.',
      }),
    },
    authScopes: { permission: 'branches:delete' },
    resolve: async (_root, { branchId, reassignTo }, context) => {
      const id = parseId('Branch', branchId, ['branchId']);
      const heir = optionalId('Branch', reassignTo, ['reassignTo']) ?? null;
      const { name, movedCount } = await context.change((transaction, actor) =>
        deleteBranch(transaction, actor, id, heir),
      );
      return deleted('Branch', id, context.say(message('done.branchDeleted', { name })), movedCount);
    },
  }),
);

builder.mutationField('restoreBranch', (t) =>
  t.field({
    type: BranchType,
    description:
      'Brings a deleted branch back. Needs `branches:delete`. `CONFLICT` when another branch has its code by now.',
    args: { branchId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'branches:delete' },
    grantScopes: ['reference'],
    resolve: (_root, { branchId }, context, info) => {
      const id = parseId('Branch', branchId, ['branchId']);
      return context.change((transaction, actor) =>
        restoreBranch(transaction, actor, id, selectionFor(context, info)),
      );
    },
  }),
);
