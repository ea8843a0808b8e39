import { LeaveStatus } from '../../generated/tenant/enums.ts';
import { byChoice, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { leaveRequests } from './leave-request.service.ts';
import { LeaveRequestType } from './leave-request.type.ts';

entityQueries(leaveRequests, LeaveRequestType, {
  search: 'Only requests whose reason contains this text.',
  orders: {
    STARTS_ON: 'startsOn',
    ENDS_ON: 'endsOn',
    DAYS: ['days', 'How many working days are off.'],
    STATUS: ['status', 'How far it has come.'],
    DECIDED_AT: ['decidedAt', 'When it was approved or rejected.'],
  },
  filters: {
    employeeId: byReference('employeeId', 'Employee', 'Only requests of this employee.'),
    leaveTypeId: byReference('leaveTypeId', 'LeaveType', 'Only requests for this kind of leave.'),
    status: byChoice('status', LeaveStatus, 'Only requests with one of these.'),
    startsOn: byRange('startsOn', 'Only requests for leave that begins on these days.'),
    endsOn: byRange('endsOn', 'Only requests for leave that ends on these days.'),
    decidedAt: byRange('decidedAt', 'Only requests that were decided then.'),
  },
});
