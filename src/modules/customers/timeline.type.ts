import { builder } from '../../graphql/builder.ts';
import { ActivityType } from '../activities/activity.type.ts';
import { AuditRecordType } from '../audit/audit.type.ts';
import { DealMoveType } from '../deals/deal-move.type.ts';

export const TimelineEntryType = builder.unionType('TimelineEntry', {
  description:
    'Something that happened with a customer: an activity, a step of a deal, or a change. More types may be added: clients must handle unknown ones.',
  types: [ActivityType, DealMoveType, AuditRecordType],
});
