import { byEmptiness, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { attendanceRecords } from './attendance-record.service.ts';
import { AttendanceRecordType } from './attendance-record.type.ts';

entityQueries(attendanceRecords, AttendanceRecordType, {
  search: 'Only records whose note contains this text.',
  orders: { WORK_DATE: 'workDate', CLOCKED_IN_AT: 'clockedInAt', CLOCKED_OUT_AT: 'clockedOutAt' },
  filters: {
    employeeId: byReference('employeeId', 'Employee', 'Only records of this employee.'),
    workDate: byRange('workDate', 'Only records of these days.'),
    clockedInAt: byRange('clockedInAt', 'Only records of who came then.'),
    clockedOutAt: byRange('clockedOutAt', 'Only records of who left then.'),
    open: byEmptiness('clockedOutAt', 'Only records of who is at work, or only the others.'),
  },
});
