import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { customers } from './customer.service.ts';
import { CustomerType } from './customer.type.ts';

entityMutations(customers, CustomerType, {
  delete:
    '`CONFLICT` while it has contacts, deals or activities: delete them first, or name a customer in `reassignTo`.',
});
