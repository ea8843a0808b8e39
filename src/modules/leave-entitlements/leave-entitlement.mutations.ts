import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { leaveEntitlements } from './leave-entitlement.service.ts';
import { LeaveEntitlementType } from './leave-entitlement.type.ts';

entityMutations(leaveEntitlements, LeaveEntitlementType);
