import { builder } from '../../graphql/builder.ts';
import { longText } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { ContactType } from '../contacts/contact.type.ts';
import { CustomerType } from '../customers/customer.type.ts';
import { deals } from './deal.service.ts';

const customer = toOne('Customer');
const contact = toOne('Contact');

export const DealType = builder.prismaNode('Deal', {
  ...entityNode(deals),
  description: 'Something that a customer may buy, or has bought. Needs `deals:read`.',
  fields: (t) => ({
    ...exposedFields(t, deals),
    stageEnteredAt: t.expose('stageEnteredAt', {
      type: 'DateTime',
      description: 'Since when it has been in its stage.',
    }),
    closedAt: t.expose('closedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was won or lost; null while it is open.',
    }),
    lostReason: t.exposeString('lostReason', {
      nullable: true,
      extensions: longText,
      description: 'Why it was lost.',
    }),
    customerId: t.id(referenceId(deals, 'customerId')),
    contactId: t.id(referenceId(deals, 'contactId')),
    ownerId: t.id(referenceId(deals, 'ownerId')),
    stageId: t.id(referenceId(deals, 'stageId')),
    customer: t.field({
      type: CustomerType,
      ...customer.field,
      description: 'Who may buy; null when it does not exist for you. Needs `customers:read`.',
      select: (_args, _context, nestedSelection) => ({
        customer: nestedSelection({ select: customer.columns }),
      }),
      resolve: (row, _args, context) => customer.visible(row.customer, context),
    }),
    contact: t.field({
      type: ContactType,
      ...contact.field,
      description: 'Whom one talks to about it; null when they do not exist for you. Needs `contacts:read`.',
      select: (_args, _context, nestedSelection) => ({
        contact: nestedSelection({ select: contact.columns }),
      }),
      resolve: (row, _args, context) => contact.visible(row.contact, context),
    }),
    owner: t.relation('owner', {
      nullable: true,
      description: 'Who looks after it. Needs `users:read`, unless it is you.',
    }),
    stage: t.relation('stage', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'How far it has come.',
    }),
  }),
});
