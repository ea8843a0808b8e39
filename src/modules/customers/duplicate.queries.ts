import { phoneSchema, textSchema } from '../../db/text.ts';
import { visibleRows } from '../../entities/row-scope.ts';
import { businessNumberSchema } from '../../entities/text-schemas.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { countsAs } from '../../graphql/costs.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { longestName } from './customer.service.ts';
import { CustomerType } from './customer.type.ts';
import { findDuplicates } from './duplicate.service.ts';

/** More of them tell a person no more. */
const mostDuplicates = 10;

builder.queryField('customerDuplicates', (t) =>
  t.field({
    type: [CustomerType],
    nullable: true,
    extensions: { ...fromRows, ...countsAs(mostDuplicates) },
    description: `The customers with this business registration number, or with this name and telephone number: for forms that warn while somebody types, before \`createCustomer\` refuses. What is incomplete matches nothing. The newest ${mostDuplicates}, newest first. Needs \`customers:read\`. Rows beyond the scope of that permission do not exist for you.`,
    args: {
      businessNumber: t.arg.string({ description: 'With or without hyphens.' }),
      name: t.arg.string({ description: 'In capital or small letters, of any width.' }),
      phone: t.arg.string({ description: 'Its digits are compared alone.' }),
      customerId: t.arg.id({
        description:
          'The customer that is being edited, which is no duplicate of itself: a global id or a UUID.',
      }),
    },
    authScopes: { permission: 'customers:read' },
    resolve: async (_root, args, context, info) => {
      const { db, viewer } = context;
      const traits = {
        businessNumber: businessNumberSchema.safeParse(args.businessNumber).data,
        name: textSchema(longestName).safeParse(args.name).data,
        phone: phoneSchema.safeParse(args.phone).data,
      };
      const customerId = optionalId('Customer', args.customerId, ['customerId']) ?? null;
      const ids = await findDuplicates(db, viewer, traits, customerId);
      if (ids.length === 0) return [];
      return db.customer.findMany({
        ...selectionFor(context, info),
        where: {
          id: { in: ids.slice(0, mostDuplicates) },
          deletedAt: null,
          AND: [visibleRows('Customer', viewer, 'read')],
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      });
    },
  }),
);
