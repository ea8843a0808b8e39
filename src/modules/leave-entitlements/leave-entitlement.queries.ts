import { byRange, byReference, byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { leaveEntitlements } from './leave-entitlement.service.ts';
import { LeaveEntitlementType } from './leave-entitlement.type.ts';

entityQueries(leaveEntitlements, LeaveEntitlementType, {
  search: 'Only entitlements whose note contains this text.',
  orders: { YEAR: 'year', DAYS: 'days' },
  filters: {
    employeeId: byReference('employeeId', 'Employee', 'Only entitlements of this employee.'),
    leaveTypeId: byReference('leaveTypeId', 'LeaveType', 'Only entitlements to this kind of leave.'),
    year: byRange('year', 'Only entitlements of these years.'),
    days: byRange('days', 'Only entitlements to so many days.'),
    isOverridden: byToggle('isOverridden', 'Only entitlements that somebody has set, or only the others.'),
  },
});
