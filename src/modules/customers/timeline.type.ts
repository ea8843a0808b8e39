import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { ActivityType } from '../activities/activity.type.ts';
import { AuditRecordType } from '../audit/audit.type.ts';
import { DealMoveType } from '../deals/deal-move.type.ts';

/** When an entry of a timeline has its place, beside the columns of its row. */
export const entryAt = Symbol('entryAt');

const TimelineEntryType = builder.unionType('TimelineEntry', {
  description:
    'Something that happened with a customer: an activity, a step of a deal, or a change. More types may be added: clients must handle unknown ones.',
  types: [ActivityType, DealMoveType, AuditRecordType],
});

export const timelineEdge = builder.edgeObject({
  type: TimelineEntryType,
  name: 'TimelineEdge',
  nodeNullable: true,
  description: 'One entry of a timeline.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description:
        'When it happened, which the timeline is ordered by: when an activity was done or, as long as it is not, when it was noted.',
      extensions: { ...contextOnly, ...fromRows },
      resolve: ({ node }) => momentOf(node),
    }),
  }),
});

function momentOf(node: object): Date {
  const at: unknown = Reflect.get(node, entryAt);
  if (!(at instanceof Date)) throw new Error('An entry of a timeline has no moment.');
  return at;
}

export const timelineConnection = builder.connectionObject(
  { type: TimelineEntryType, name: 'TimelineConnection', description: 'One page of a timeline.' },
  timelineEdge,
);

export { TimelineEntryType };
