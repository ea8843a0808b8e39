import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { holidays } from './holiday.service.ts';

export const HolidayType = builder.prismaNode('Holiday', {
  ...entityNode(holidays),
  description: 'A day on which nobody works. Needs `holidays:read`.',
  fields: (t) => exposedFields(t, holidays),
});
