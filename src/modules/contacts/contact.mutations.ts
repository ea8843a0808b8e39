import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { contacts } from './contact.service.ts';
import { ContactType } from './contact.type.ts';

entityMutations(contacts, ContactType, {
  delete:
    '`CONFLICT` while deals or activities name it: name a contact at the same customer in `reassignTo`.',
  restore: 'It comes back as a contact that is not primary.',
});
