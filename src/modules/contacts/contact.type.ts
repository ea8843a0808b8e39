import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { CustomerType } from '../customers/customer.type.ts';
import { contacts } from './contact.service.ts';

const customer = toOne('Customer');

export const ContactType = builder.prismaNode('Contact', {
  ...entityNode(contacts),
  description: 'A person whom one talks to at a customer. Needs `contacts:read`.',
  fields: (t) => ({
    ...exposedFields(t, contacts),
    customerId: t.id(referenceId(contacts, 'customerId')),
    ownerId: t.id(referenceId(contacts, 'ownerId')),
    customer: t.field({
      type: CustomerType,
      ...customer.field,
      description: 'The customer; null when it does not exist for you. Needs `customers:read`.',
      select: (_args, _context, nestedSelection) => ({
        customer: nestedSelection({ select: customer.columns }),
      }),
      resolve: (row, _args, context) => customer.visible(row.customer, context),
    }),
    owner: t.relation('owner', {
      nullable: true,
      description: 'Who looks after the contact. Needs `users:read`, unless it is you.',
    }),
  }),
});
