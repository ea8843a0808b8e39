import { randomUUID } from 'node:crypto';
import { decodeGlobalId, isGlobalId } from '../../../src/graphql/global-id.ts';
import { addRow } from '../../entities/entity-table.ts';
import { byId, notThere, type Replays, refused } from './replay.ts';

/** The replays of what is asked of customers besides what all entities have. */
export const customerReplays: Replays = {
  'Query.customerDuplicates': byId(
    'customerId',
    'Customer',
    { data: { customerDuplicates: [] }, codes: [] },
    async (customerId, { db, tenantKey, own, sameIds }, target) => {
      const twin = { name: `Twin of ${tenantKey} ${randomUUID()}`, phone: '02-123-4567' };
      // Another than the customer who is being edited, of whom the caller's own database alone can know.
      if (target === own || target === sameIds) await addRow(db, 'Customer', twin);
      return { customerId, ...twin };
    },
  ),
  'Query.mergedCustomer': byId(
    'customerId',
    'Customer',
    notThere('mergedCustomer'),
    async (customerId, { db, own, sameIds }, target) => {
      const id = isGlobalId(customerId) ? decodeGlobalId(customerId).id : customerId;
      if (target === own || target === sameIds) {
        await db.customer.update({ where: { id }, data: { mergedIntoId: target.ids.Customer } });
      }
      return { customerId };
    },
    { idOf: (target) => target.spare('Customer', 'deleted') },
  ),
  'Mutation.mergeCustomers': [
    ...byId(
      'customerId',
      'Customer',
      refused('NOT_FOUND'),
      async (customerId, { own }) => ({ customerId, intoId: await own.spare('Customer') }),
      { idOf: (target) => target.spare('Customer') },
    ),
    ...byId(
      'intoId',
      'Customer',
      refused('VALIDATION_FAILED'),
      async (intoId, { own }) => ({ customerId: await own.spare('Customer'), intoId }),
      { idOf: (target) => target.spare('Customer') },
    ),
  ],
};
