import { defineEntity } from '../../entities/entity.ts';
import {
  initially,
  optionalEmail,
  optionalLines,
  optionalPhone,
  optionalReference,
  optionalText,
  reference,
  text,
  toggle,
} from '../../entities/fields.ts';
import { checkSuccessor } from './contact-successor.service.ts';
import { preparePrimary } from './primary-contact.service.ts';

/** The people whom one talks to at customers. */
export const contacts = defineEntity('Contact', {
  delegate: ({ contact }) => contact,
  label: 'name',
  search: ['name', 'title', 'phone'],
  searchLowerCase: ['email'],
  unique: { contacts_primary_live_key: 'customerId' },
  uniqueWords: { contacts_primary_live_key: null },
  fields: {
    name: text(128, { description: 'The person’s name.' }),
    customerId: reference('Customer', { description: 'The customer.', isLocking: true }),
    title: optionalText(128, { description: 'The position at the customer.' }),
    email: optionalEmail({ description: 'The email address.' }),
    phone: optionalPhone({ description: 'The telephone number.' }),
    note: optionalLines(1024, { description: 'Anything else about the person.' }),
    isPrimary: initially(
      false,
      toggle(false, {
        description:
          'Whether this is the one to turn to first. The customer’s other contacts are not, then, whoever looks after them.',
      }),
    ),
    ownerId: optionalReference('User', { description: 'Who looks after the contact.' }),
  },
  dependents: [
    { entity: 'Deal', column: 'contactId' },
    { entity: 'Activity', column: 'contactId' },
  ],
  prepare: preparePrimary,
  checkReassignTarget: checkSuccessor,
  atRestore: async () => ({ isPrimary: false }),
});
