import { byEmptiness, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { deals } from './deal.service.ts';
import { DealType } from './deal.type.ts';

entityQueries(deals, DealType, {
  search: 'Only deals whose title contains this text.',
  orders: {
    TITLE: 'title',
    AMOUNT: 'amount',
    EXPECTED_CLOSE_ON: 'expectedCloseOn',
    STAGE_ENTERED_AT: ['stageEnteredAt', 'Since when it has been in its stage.'],
    CLOSED_AT: ['closedAt', 'When it was won or lost.'],
  },
  filters: {
    customerId: byReference('customerId', 'Customer', 'Only deals with this customer.'),
    contactId: byReference('contactId', 'Contact', 'Only deals that one talks about with this contact.'),
    ownerId: byReference('ownerId', 'User', 'Only deals that this user looks after.'),
    stageId: byReference('stageId', 'Stage', 'Only deals in this stage.'),
    isOpen: byEmptiness('closedAt', 'Only deals that may still be won or lost, or only the others.'),
    amount: byRange('amount', 'Only deals that are worth so much, whatever the currency.'),
    expectedCloseOn: byRange('expectedCloseOn', 'Only deals that are expected to be won on these days.'),
    closedAt: byRange('closedAt', 'Only deals that were won or lost then.'),
  },
});
