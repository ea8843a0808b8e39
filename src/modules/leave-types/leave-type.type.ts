import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { leaveTypes } from './leave-type.service.ts';

export const LeaveTypeType = builder.prismaNode('LeaveType', {
  ...entityNode(leaveTypes),
  description:
    'A kind of leave, e.g. annual leave. Needs `leaveTypes:read`, unless it is reached through a request or an entitlement.',
  fields: (t) => exposedFields(t, leaveTypes),
});
