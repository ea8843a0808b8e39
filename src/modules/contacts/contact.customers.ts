import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedList } from '../../graphql/entities/nested-list.ts';
import { CustomerType } from '../customers/customer.type.ts';
import { contactPage } from './contact.queries.ts';
import { contacts } from './contact.service.ts';
import { ContactType } from './contact.type.ts';

const atCustomer = nestedList(contacts, 'atCustomer', 'name');

builder.prismaObjectField(CustomerType, 'contacts', (t) =>
  t.connection(
    {
      type: ContactType,
      extensions: fromRows,
      description:
        'The people whom one talks to there, by name. Needs `contacts:read`, and shows what its scope reaches.',
      authScopes: { permission: 'contacts:read' },
      select: (args, context, nestedSelection) => ({
        contacts: {
          ...nestedSelection({ select: { id: true, name: true } }, ['edges', 'node']),
          ...atCustomer.page(args, context),
        },
        _count: { select: { contacts: atCustomer.all(context) } },
      }),
      resolve: (customer, args, context, info) =>
        atCustomer.resolve(args, info, context, {
          rows: customer.contacts,
          count: customer._count.contacts,
        }),
    },
    contactPage.connection,
    contactPage.edge,
  ),
);
