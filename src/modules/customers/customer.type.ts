import { CustomerKind, CustomerSize, CustomerStatus } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { customers } from './customer.service.ts';

builder.enumType(CustomerKind, {
  name: 'CustomerKind',
  description: 'Whether a customer is a company or a person.',
  values: { COMPANY: { description: 'A company.' }, PERSON: { description: 'A person.' } },
});

builder.enumType(CustomerSize, {
  name: 'CustomerSize',
  description: 'How large a customer’s business is.',
  values: {
    MICRO: { description: 'A handful of people.' },
    SMALL: { description: 'A small company.' },
    MEDIUM: { description: 'A company of medium size.' },
    LARGE: { description: 'A large company.' },
  },
});

builder.enumType(CustomerStatus, {
  name: 'CustomerStatus',
  description: 'How far the business with a customer has come.',
  values: {
    LEAD: { description: 'May become a customer.' },
    ACTIVE: { description: 'Buys.' },
    DORMANT: { description: 'Has not bought for a while.' },
    LOST: { description: 'Buys no more.' },
  },
});

export const CustomerType = builder.prismaNode('Customer', {
  ...entityNode(customers),
  description: 'A company or a person that buys, or may buy. Needs `customers:read`.',
  fields: (t) => ({
    ...exposedFields(t, customers),
    ownerId: t.id(referenceId(customers, 'ownerId')),
    owner: t.relation('owner', {
      nullable: true,
      description: 'Who looks after it. Needs `users:read`, unless it is you.',
    }),
  }),
});
