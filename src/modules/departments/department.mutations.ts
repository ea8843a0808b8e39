import { message } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId, parseIds } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import {
  createDepartment,
  deleteDepartment,
  restoreDepartment,
  updateDepartment,
} from './department.service.ts';
import { DepartmentType } from './department.type.ts';

const DepartmentCreateInput = builder.inputType('DepartmentCreateInput', {
  description: 'A new department.',
  fields: (t) => ({
    code: t.string({
      required: true,
      description: 'The short name for programs: letters, digits, dots, hyphens and underscores; at most 64.',
    }),
    name: t.string({ required: true, description: 'The name for people; at most 128 characters.' }),
    description: t.string({ description: 'At most 1,024 characters.' }),
    parentId: t.id({ description: 'The global id or UUID of the department above; none at the top.' }),
  }),
});

const DepartmentUpdateInput = builder.inputType('DepartmentUpdateInput', {
  description:
    'What to change of a department: an absent field stays as it is, null clears one that may be empty.',
  fields: (t) => ({
    code: t.string({ description: 'The short name for programs. Can’t be cleared.' }),
    name: t.string({ description: 'The name for people. Can’t be cleared.' }),
    description: t.string({ description: 'At most 1,024 characters.' }),
    parentId: t.id({
      description:
        'The global id or UUID of the department above: moves it with all below; null moves it to the top.',
    }),
  }),
});

builder.mutationField('createDepartment', (t) =>
  t.field({
    type: DepartmentType,
    description:
      'Creates a department. Needs `departments:write`. `CONFLICT` when another department has the code.',
    args: {
      input: t.arg({ type: DepartmentCreateInput, required: true, description: 'The new department.' }),
    },
    authScopes: { permission: 'departments:write' },
    grantScopes: ['reference'],
    resolve: (_root, { input }, context, info) =>
      context.change((transaction, actor) =>
        createDepartment(
          transaction,
          actor,
          parseIds({ parentId: 'Department' }, input, ['input']),
          selectionFor(context, info),
        ),
      ),
  }),
);

builder.mutationField('updateDepartment', (t) =>
  t.field({
    type: DepartmentType,
    description: 'Changes a department. Needs `departments:write`.',
    args: {
      departmentId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      input: t.arg({ type: DepartmentUpdateInput, required: true, description: 'The changes.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'departments:write' },
    grantScopes: ['reference'],
    resolve: (_root, { departmentId, input, expectedUpdatedAt }, context, info) => {
      const id = parseId('Department', departmentId, ['departmentId']);
      const changes = parseIds({ parentId: 'Department' }, input, ['input']);
      return context.change((transaction, actor) =>
        updateDepartment(transaction, actor, id, changes, expectedUpdatedAt, selectionFor(context, info)),
      );
    },
  }),
);

builder.mutationField('deleteDepartment', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Deletes a department; its code can be used again. Needs `departments:delete`. `CONFLICT` while it has users or departments below it: move them first, or name a department in `reassignTo`.',
    args: {
      departmentId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      reassignTo: t.arg.id({
        description: 'Another department’s global id or UUID, which takes over what this one has.',
      }),
    },
    authScopes: { permission: 'departments:delete' },
    resolve: async (_root, { departmentId, reassignTo }, context) => {
      const id = parseId('Department', departmentId, ['departmentId']);
      const heir = optionalId('Department', reassignTo, ['reassignTo']) ?? null;
      const { name, movedCount } = await context.change((transaction, actor) =>
        deleteDepartment(transaction, actor, id, heir),
      );
      return deleted('Department', id, context.say(message('done.departmentDeleted', { name })), movedCount);
    },
  }),
);

builder.mutationField('restoreDepartment', (t) =>
  t.field({
    type: DepartmentType,
    description:
      'Brings a deleted department back. Needs `departments:delete`. `CONFLICT` when another department has its code by now.',
    args: { departmentId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'departments:delete' },
    grantScopes: ['reference'],
    resolve: (_root, { departmentId }, context, info) => {
      const id = parseId('Department', departmentId, ['departmentId']);
      return context.change((transaction, actor) =>
        restoreDepartment(transaction, actor, id, selectionFor(context, info)),
      );
    },
  }),
);
