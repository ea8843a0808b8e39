import { builder } from '../../graphql/builder.ts';
import type { EntityRef } from '../../graphql/entities/entity-queries.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import type { AttendanceSum } from './attendance-summary.service.ts';

/** A month of an employee, summed up, and the employee as far as the viewer may read them. */
export interface AttendanceSummary extends AttendanceSum {
  readonly employee: Readonly<{ id: string }> | null;
}

const Employee: EntityRef = EmployeeType;

export const AttendanceSummaryType = builder.objectRef<AttendanceSummary>('AttendanceSummary').implement({
  description:
    'A month of an employee, summed up. A record counts for the day on which the work began, in the tenant’s time zone. Needs `attendance:read`.',
  authScopes: { permission: 'attendance:read' },
  fields: (t) => ({
    employeeId: t.id({
      description: 'The employee’s global id.',
      resolve: ({ employeeId }) => encodeGlobalId('Employee', employeeId),
    }),
    employee: t.field({
      type: Employee,
      nullable: true,
      description: 'The employee; null when they do not exist for you. Needs `employees:read`.',
      authScopes: { permission: 'employees:read' },
      resolve: ({ employee }) => employee,
    }),
    workingDays: t.exposeInt('workingDays', {
      description: 'How many days of the employment are neither weekend nor holiday.',
    }),
    workedMinutes: t.exposeInt('workedMinutes', {
      description:
        'The minutes between coming and leaving, breaks included. An open record doesn’t count yet.',
    }),
    lateCount: t.exposeInt('lateCount', {
      description:
        'On how many working days the first record began after the start of work: the public setting `work_start`, or 09:00. Days whose morning is off don’t count.',
    }),
    lateMinutes: t.exposeInt('lateMinutes', { description: 'By how many full minutes, in total.' }),
    absentDays: t.expose('absentDays', {
      type: 'Decimal',
      description:
        'How many working days before today have neither a record nor approved leave. One with half a day of leave counts as half.',
    }),
    leaveDays: t.expose('leaveDays', {
      type: 'Decimal',
      description: 'How many working days are off by approved leave, in halves.',
    }),
    leaveMinutes: t.exposeInt('leaveMinutes', {
      description: 'The same in minutes of work: the public setting `work_hours` a day, or 8.',
    }),
  }),
});
