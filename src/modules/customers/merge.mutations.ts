import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { CustomerType } from './customer.type.ts';
import { type CustomerMerge, mergeCustomers } from './merge.service.ts';

const CustomerMergeType = builder.objectRef<CustomerMerge>('CustomerMerge').implement({
  description:
    'What became of two customers that were merged. Counts are of the live rows that exist for you; null without the permission to read any.',
  fields: (t) => ({
    customer: t.field({
      type: CustomerType,
      grantScopes: ['reference'],
      description: 'The customer that has stayed.',
      resolve: ({ customer }) => customer,
    }),
    contactCount: t.int({
      nullable: true,
      description: 'How many contacts it has taken over.',
      resolve: ({ movedCounts }) => movedCounts.Contact,
    }),
    dealCount: t.int({
      nullable: true,
      description: 'How many deals it has taken over.',
      resolve: ({ movedCounts }) => movedCounts.Deal,
    }),
    activityCount: t.int({
      nullable: true,
      description: 'How many activities it has taken over.',
      resolve: ({ movedCounts }) => movedCounts.Activity,
    }),
  }),
});

builder.mutationField('mergeCustomers', (t) =>
  t.field({
    type: CustomerMergeType,
    description:
      'Makes one customer of two. Contacts, deals and activities of the first move to the second, deleted ones too. The second keeps what it has: its fields that are empty are filled from the first, its tags are joined by those of the first (up to 20), and its primary contact stays the primary one. The first is deleted; `mergedCustomer` leads from it to the second. Restoring it does not bring back what has moved. Needs `customers:delete` for the first and `customers:write` for the second, but no rights for what moves.',
    args: {
      customerId: t.arg.id({ required: true, description: 'The customer that goes: its global id or UUID.' }),
      intoId: t.arg.id({ required: true, description: 'The customer that stays: its global id or UUID.' }),
      expectedUpdatedAt: t.arg({
        type: 'DateTime',
        description: `Of the customer that goes. ${expectedUpdatedAtArgument}`,
      }),
    },
    authScopes: { permission: 'customers:delete' },
    resolve: (_root, { customerId, intoId, expectedUpdatedAt }, context, info) => {
      assertPermission(context, 'customers:write');
      const pair = {
        id: parseId('Customer', customerId, ['customerId']),
        intoId: parseId('Customer', intoId, ['intoId']),
        expectedUpdatedAt,
      };
      const selection = selectionFor(context, info, ['customer']);
      return context.write((transaction, actor) => mergeCustomers(transaction, actor, pair, selection));
    },
  }),
);
