import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { branches } from './branch.service.ts';
import { BranchType } from './branch.type.ts';

entityMutations(branches, BranchType, {
  delete:
    '`CONFLICT` while users, employees or assets belong to it: move them first, or name a branch in `reassignTo`.',
});
