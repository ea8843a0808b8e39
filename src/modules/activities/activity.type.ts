import { ActivityKind } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { ContactType } from '../contacts/contact.type.ts';
import { CustomerType } from '../customers/customer.type.ts';
import { DealType } from '../deals/deal.type.ts';
import { activities } from './activity.service.ts';

builder.enumType(ActivityKind, {
  name: 'ActivityKind',
  description: 'What somebody does with a customer.',
  values: {
    CALL: { description: 'A call.' },
    MEETING: { description: 'A meeting.' },
    MAIL: { description: 'A letter or an email.' },
    TASK: { description: 'Something to do.' },
    NOTE: { description: 'Something to remember.' },
  },
});

const customer = toOne('Customer');
const contact = toOne('Contact');
const deal = toOne('Deal');

export const ActivityType = builder.prismaNode('Activity', {
  ...entityNode(activities),
  description: 'Something that somebody does, or has done, with a customer. Needs `activities:read`.',
  fields: (t) => ({
    ...exposedFields(t, activities),
    customerId: t.id(referenceId(activities, 'customerId')),
    contactId: t.id(referenceId(activities, 'contactId')),
    dealId: t.id(referenceId(activities, 'dealId')),
    assigneeId: t.id(referenceId(activities, 'assigneeId')),
    customer: t.field({
      type: CustomerType,
      ...customer.field,
      description: 'The customer whom it is about. Needs `customers:read`.',
      select: (_args, _context, nestedSelection) => ({
        customer: nestedSelection({ select: customer.columns }),
      }),
      resolve: (row, _args, context) => customer.visible(row.customer, context),
    }),
    contact: t.field({
      type: ContactType,
      ...contact.field,
      description: 'The contact whom it is about. Needs `contacts:read`.',
      select: (_args, _context, nestedSelection) => ({
        contact: nestedSelection({ select: contact.columns }),
      }),
      resolve: (row, _args, context) => contact.visible(row.contact, context),
    }),
    deal: t.field({
      type: DealType,
      ...deal.field,
      description: 'The deal that it is about. Needs `deals:read`.',
      select: (_args, _context, nestedSelection) => ({
        deal: nestedSelection({ select: deal.columns }),
      }),
      resolve: (row, _args, context) => deal.visible(row.deal, context),
    }),
    assignee: t.relation('assignee', {
      nullable: true,
      description: 'Who is to do it, or has done it. Needs `users:read`, unless it is you.',
    }),
  }),
});
