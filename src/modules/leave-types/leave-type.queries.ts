import { byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { leaveTypes } from './leave-type.service.ts';
import { LeaveTypeType } from './leave-type.type.ts';

entityQueries(leaveTypes, LeaveTypeType, {
  search: 'Only leave types whose code or name contains this text.',
  orders: { CODE: 'code', NAME: 'name' },
  filters: {
    isPaid: byToggle('isPaid', 'Only paid leave, or only the other.'),
    isAnnual: byToggle('isAnnual', 'Only annual leave, or only the other.'),
    isActive: byToggle('isActive', 'Only leave that can be asked for, or only the other.'),
  },
});
