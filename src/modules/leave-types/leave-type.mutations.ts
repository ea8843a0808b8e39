import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { leaveTypes } from './leave-type.service.ts';
import { LeaveTypeType } from './leave-type.type.ts';

entityMutations(leaveTypes, LeaveTypeType, {
  delete: '`CONFLICT` while entitlements or requests name it: deactivate it instead.',
});
