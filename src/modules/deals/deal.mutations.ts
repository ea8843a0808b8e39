import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { deals } from './deal.service.ts';
import { DealType } from './deal.type.ts';

entityMutations(deals, DealType, {
  delete: '`CONFLICT` while it has activities: delete them first, or name a deal in `reassignTo`.',
});
