import { ActivityKind } from '../../generated/tenant/enums.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import {
  byChoice,
  byEmptiness,
  byRange,
  byReference,
  byRule,
} from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { activities } from './activity.service.ts';
import { ActivityType } from './activity.type.ts';

entityQueries(activities, ActivityType, {
  search: 'Only activities whose subject contains this text.',
  orders: { SUBJECT: 'subject', KIND: 'kind', DUE_AT: 'dueAt', DONE_AT: 'doneAt' },
  filters: {
    kind: byChoice('kind', ActivityKind, 'Only activities of these kinds.'),
    customerId: byReference('customerId', 'Customer', 'Only activities about this customer.'),
    contactId: byReference('contactId', 'Contact', 'Only activities about this contact.'),
    dealId: byReference('dealId', 'Deal', 'Only activities about this deal.'),
    assigneeId: byReference('assigneeId', 'User', 'Only activities of this user.'),
    mine: byRule('Only your own activities, or only the others.', (value, { viewer: { userId } }) =>
      value ? { assigneeId: userId } : { OR: [{ assigneeId: null }, { assigneeId: { not: userId } }] },
    ),
    overdue: byRule(
      'Only activities that should have been done by now and are not, or only the others. By the database’s clock.',
      async (value, { now }) => {
        const dueAt = await now();
        return value
          ? { doneAt: null, dueAt: { lt: dueAt } }
          : { OR: [{ doneAt: { not: null } }, { dueAt: null }, { dueAt: { gte: dueAt } }] };
      },
      fromOutside,
    ),
    isOpen: byEmptiness('doneAt', 'Only activities that are still to be done, or only the others.'),
    dueAt: byRange('dueAt', 'Only activities that are to be done then.'),
    doneAt: byRange('doneAt', 'Only activities that were done then.'),
  },
});
