import { findRow } from '../../entities/find-row.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { customers } from './customer.service.ts';
import { CustomerType } from './customer.type.ts';
import { findSuccessor } from './successor.service.ts';

builder.queryField('mergedCustomer', (t) =>
  t.field({
    type: CustomerType,
    nullable: true,
    extensions: fromRows,
    description:
      'What became of a customer that was merged into another one, perhaps through several: for links and bookmarks that are older than that, when `customer` answers null. Null when it was not merged, or when the customer that has stayed does not exist for you. Needs `customers:read`.',
    args: {
      customerId: t.arg.id({
        required: true,
        description: 'The global id or the UUID of the one that went.',
      }),
    },
    authScopes: { permission: 'customers:read' },
    resolve: async (_root, args, context, info) => {
      const { db, viewer } = context;
      const id = await findSuccessor(db, parseId('Customer', args.customerId, ['customerId']));
      return id === null ? null : findRow(customers, db, viewer, id, selectionFor(context, info));
    },
  }),
);
