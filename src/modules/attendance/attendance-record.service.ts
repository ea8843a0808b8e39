import { defineEntity } from '../../entities/entity.ts';
import { date, moment, optional, optionalLines, reference } from '../../entities/fields.ts';
import { ownedByEmployee } from '../../entities/owned-by-employee.ts';

/** When employees came to work and left. */
export const attendanceRecords = defineEntity('AttendanceRecord', {
  delegate: ({ attendanceRecord }) => attendanceRecord,
  label: 'note',
  search: ['note'],
  unique: { attendance_records_open_key: 'employeeId' },
  fields: {
    employeeId: reference('Employee', { description: 'Who it was.' }),
    workDate: date({ description: 'The day on which the work began, in the time zone of the company.' }),
    clockedInAt: moment({ description: 'When they came.' }),
    clockedOutAt: optional(moment({ description: 'When they left; null while they are at work.' })),
    note: optionalLines(1024, { description: 'Anything else about it.' }),
  },
  derive: ownedByEmployee,
});
