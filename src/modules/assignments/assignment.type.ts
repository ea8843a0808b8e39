import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { assignments } from './assignment.service.ts';

const employee = toOne('Employee');
const manager = toOne('Employee');

export const AssignmentType = builder.prismaNode('Assignment', {
  ...entityNode(assignments),
  description:
    'Where an employee works, and as what, from a day on until their next assignment begins. Needs `employees:read`.',
  fields: (t) => ({
    ...exposedFields(t, assignments),
    employeeId: t.id(referenceId(assignments, 'employeeId')),
    departmentId: t.id(referenceId(assignments, 'departmentId')),
    branchId: t.id(referenceId(assignments, 'branchId')),
    managerId: t.id(referenceId(assignments, 'managerId')),
    employee: t.field({
      type: EmployeeType,
      ...employee.field,
      description: 'The employee. Needs `employees:read`.',
      select: (_args, _context, nestedSelection) => ({
        employee: nestedSelection({ select: employee.columns }),
      }),
      resolve: (row, _args, context) => employee.visible(row.employee, context),
    }),
    department: t.relation('department', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The department.',
    }),
    branch: t.relation('branch', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The branch.',
    }),
    manager: t.field({
      type: EmployeeType,
      ...manager.field,
      description: 'Whom the employee reports to; null when they do not exist for you.',
      select: (_args, _context, nestedSelection) => ({
        manager: nestedSelection({ select: manager.columns }),
      }),
      resolve: (row, _args, context) => manager.visible(row.manager, context),
    }),
  }),
});
