import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedList } from '../../graphql/entities/nested-list.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { assignmentPage } from './assignment.queries.ts';
import { assignments } from './assignment.service.ts';
import { AssignmentType } from './assignment.type.ts';

const ofEmployee = nestedList(assignments, 'ofEmployee', 'startsOn');

builder.prismaObjectField(EmployeeType, 'assignments', (t) =>
  t.connection(
    {
      type: AssignmentType,
      extensions: fromRows,
      description:
        'Where the employee has worked, and as what, the earliest first. Needs `employees:read`, and shows what its scope reaches.',
      authScopes: { permission: 'employees:read' },
      select: (args, context, nestedSelection) => ({
        assignments: {
          ...nestedSelection({ select: { id: true, startsOn: true } }, ['edges', 'node']),
          ...ofEmployee.page(args, context),
        },
        _count: { select: { assignments: ofEmployee.all(context) } },
      }),
      resolve: (employee, args, context, info) =>
        ofEmployee.resolve(args, info, context, {
          rows: employee.assignments,
          count: employee._count.assignments,
        }),
    },
    assignmentPage.connection,
    assignmentPage.edge,
  ),
);
