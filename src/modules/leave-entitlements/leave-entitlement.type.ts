import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { leaveEntitlements } from './leave-entitlement.service.ts';

const employee = toOne('Employee');

export const LeaveEntitlementType = builder.prismaNode('LeaveEntitlement', {
  ...entityNode(leaveEntitlements),
  description:
    'The days of a kind of leave that an employee may take in a year. Needs `leaveEntitlements:read`.',
  fields: (t) => ({
    ...exposedFields(t, leaveEntitlements),
    employeeId: t.id(referenceId(leaveEntitlements, 'employeeId')),
    leaveTypeId: t.id(referenceId(leaveEntitlements, 'leaveTypeId')),
    employee: t.field({
      type: EmployeeType,
      ...employee.field,
      description: 'Whose they are; null when they do not exist for you. Needs `employees:read`.',
      select: (_args, _context, nestedSelection) => ({
        employee: nestedSelection({ select: employee.columns }),
      }),
      resolve: (row, _args, context) => employee.visible(row.employee, context),
    }),
    leaveType: t.relation('leaveType', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The kind of leave.',
    }),
  }),
});
