import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { attendanceRecords } from './attendance-record.service.ts';

const employee = toOne('Employee');

export const AttendanceRecordType = builder.prismaNode('AttendanceRecord', {
  ...entityNode(attendanceRecords),
  description: 'When an employee came to work and left. Needs `attendance:read`.',
  fields: (t) => ({
    ...exposedFields(t, attendanceRecords),
    employeeId: t.id(referenceId(attendanceRecords, 'employeeId')),
    employee: t.field({
      type: EmployeeType,
      ...employee.field,
      description: 'Who it was; null when they do not exist for you. Needs `employees:read`.',
      select: (_args, _context, nestedSelection) => ({
        employee: nestedSelection({ select: employee.columns }),
      }),
      resolve: (row, _args, context) => employee.visible(row.employee, context),
    }),
  }),
});
