import { byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { branches } from './branch.service.ts';
import { BranchType } from './branch.type.ts';

entityQueries(branches, BranchType, {
  search: 'Only branches whose code or name contains this text.',
  orders: { CODE: 'code', NAME: 'name' },
  filters: { isActive: byToggle('isActive', 'Only branches that are open, or only closed ones.') },
});
