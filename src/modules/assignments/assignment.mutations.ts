import { message, nounOf } from '../../errors/index.ts';
import { EmploymentType } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { readReferences } from '../../graphql/entities/entity-inputs.ts';
import { parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { assignEmployee, removeAssignment } from '../employees/assign-employee.service.ts';
import { employees } from '../employees/employee.service.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { assignments } from './assignment.service.ts';

const idForms = 'The global id or the UUID.';

const AssignmentInput = builder.inputType('AssignmentInput', {
  description: 'Where an employee works from a day on, and as what. What is left out is none.',
  fields: (t) => ({
    startsOn: t.field({
      type: 'Date',
      required: true,
      description: 'The day from which on it is so: past, present or future, while they are employed.',
    }),
    departmentId: t.id({ description: `The department. ${idForms}` }),
    branchId: t.id({ description: `The branch. ${idForms}` }),
    position: t.string({ description: 'The position. At most 128 characters.' }),
    employmentType: t.field({
      type: EmploymentType,
      required: true,
      description: 'How the employee is employed.',
    }),
    managerId: t.id({ description: `Whom the employee reports to. ${idForms}` }),
  }),
});

builder.mutationField('assignEmployee', (t) =>
  t.field({
    type: EmployeeType,
    description:
      'Says where an employee works from a day on, and as what, until their next assignment begins. Replaces what was said for the same day. Needs `employees:write`. A future one becomes the employee’s `department`, `position` and so on when its day has come: with the next change of an employee, or the operators’ nightly run; `assignmentOn` knows it at once.',
    args: {
      employeeId: t.arg.id({ required: true, description: idForms }),
      input: t.arg({ type: AssignmentInput, required: true, description: 'The assignment.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'employees:write' },
    grantScopes: ['reference'],
    resolve: (_root, { employeeId, input, expectedUpdatedAt }, context, info) => {
      const id = parseId('Employee', employeeId, ['employeeId']);
      const given = readReferences(assignments, input);
      return context.changeIdentity((transaction, actor) =>
        assignEmployee(
          { entity: employees, transaction, actor },
          id,
          given,
          expectedUpdatedAt,
          timeZoneOf(context.tenant),
          selectionFor(context, info),
        ),
      );
    },
  }),
);

builder.mutationField('removeAssignment', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Removes an assignment, so that the one before holds instead; the first of an employee can only be replaced. `VALIDATION_FAILED` when somebody would manage themselves by it. Needs `employees:delete`.',
    args: { assignmentId: t.arg.id({ required: true, description: idForms }) },
    authScopes: { permission: 'employees:delete' },
    resolve: async (_root, { assignmentId }, context) => {
      const id = parseId('Assignment', assignmentId, ['assignmentId']);
      await context.changeIdentity((transaction, actor) =>
        removeAssignment({ entity: employees, transaction, actor }, id, timeZoneOf(context.tenant)),
      );
      const said = message('done.deletedUnnamed', { type: nounOf('Assignment') });
      return deleted('Assignment', id, context.say(said));
    },
  }),
);
