import { businessNumberSchema } from '../../entities/text-schemas.ts';
import { CustomerKind, CustomerSize, CustomerStatus } from '../../generated/tenant/enums.ts';
import { byChoice, byElement, byReference, byText } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { customers, longestTag } from './customer.service.ts';
import { CustomerType } from './customer.type.ts';

entityQueries(customers, CustomerType, {
  search: 'Only customers whose code, name, business registration number, phone or email contains this text.',
  orders: {
    CODE: 'code',
    NAME: 'name',
    KIND: 'kind',
    INDUSTRY: 'industry',
    SIZE: 'size',
    STATUS: 'status',
  },
  filters: {
    ownerId: byReference('ownerId', 'User', 'Only customers that this user looks after.'),
    kind: byChoice('kind', CustomerKind, 'Only companies, or only people.'),
    size: byChoice('size', CustomerSize, 'Only customers with one of these sizes.'),
    status: byChoice('status', CustomerStatus, 'Only customers with one of these.'),
    tag: byElement('tags', longestTag, 'Only customers with this tag.'),
    businessNumber: byText(
      'businessNumber',
      businessNumberSchema,
      'Only the customer with this business registration number, with or without hyphens.',
    ),
  },
});
