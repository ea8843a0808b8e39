import { defineEntity } from '../../entities/entity.ts';
import { date, initially, optionalLines, reference, toggle } from '../../entities/fields.ts';
import { ownedByEmployee } from '../../entities/owned-by-employee.ts';

/** The requests for leave. */
export const leaveRequests = defineEntity('LeaveRequest', {
  delegate: ({ leaveRequest }) => leaveRequest,
  label: 'reason',
  search: ['reason'],
  unique: {},
  fields: {
    employeeId: reference('Employee', { description: 'Who asks for it.' }),
    leaveTypeId: reference('LeaveType', { description: 'The kind of leave.' }),
    startsOn: date({ description: 'The first day.' }),
    endsOn: date({ description: 'The last day.' }),
    startsAtNoon: initially(
      false,
      toggle(false, { description: 'Whether only the afternoon of the first day is off.' }),
    ),
    endsAtNoon: initially(
      false,
      toggle(false, { description: 'Whether only the morning of the last day is off.' }),
    ),
    reason: optionalLines(1024, { description: 'What it is for.' }),
  },
  derive: ownedByEmployee,
});
