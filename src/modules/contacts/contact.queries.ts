import { byReference, byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { contacts } from './contact.service.ts';
import { ContactType } from './contact.type.ts';

/** The types of a page of contacts, wherever it stands. */
export const contactPage = entityQueries(contacts, ContactType, {
  search: 'Only contacts whose name, title, phone or email contains this text.',
  orders: { NAME: 'name', TITLE: 'title' },
  filters: {
    customerId: byReference('customerId', 'Customer', 'Only contacts at this customer.'),
    ownerId: byReference('ownerId', 'User', 'Only contacts that this user looks after.'),
    isPrimary: byToggle('isPrimary', 'Only primary contacts, or only the others.'),
  },
});
