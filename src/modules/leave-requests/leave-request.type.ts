import { LeaveStatus } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { longText } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { leaveRequests } from './leave-request.service.ts';

builder.enumType(LeaveStatus, {
  name: 'LeaveStatus',
  description: 'How far a request for leave has come.',
  values: {
    PENDING: { description: 'Waits for a decision.' },
    APPROVED: { description: 'Was approved.' },
    REJECTED: { description: 'Was rejected.' },
    CANCELLED: { description: 'Was taken back.' },
  },
});

const employee = toOne('Employee');

export const LeaveRequestType = builder.prismaNode('LeaveRequest', {
  ...entityNode(leaveRequests),
  description: 'A request for leave. Needs `leave:read`.',
  fields: (t) => ({
    ...exposedFields(t, leaveRequests),
    days: t.expose('days', { type: 'Decimal', description: 'How many working days are off.' }),
    status: t.expose('status', { type: LeaveStatus, description: 'How far it has come.' }),
    decidedAt: t.expose('decidedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was approved or rejected.',
    }),
    decisionNote: t.exposeString('decisionNote', {
      nullable: true,
      extensions: longText,
      description: 'Why it was decided so.',
    }),
    cancelledAt: t.expose('cancelledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was taken back.',
    }),
    employeeId: t.id(referenceId(leaveRequests, 'employeeId')),
    leaveTypeId: t.id(referenceId(leaveRequests, 'leaveTypeId')),
    employee: t.field({
      type: EmployeeType,
      ...employee.field,
      description: 'Who asks for it; null when they do not exist for you. Needs `employees:read`.',
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
