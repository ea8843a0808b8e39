import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { stages } from './stage.service.ts';
import { StageType } from './stage.type.ts';

entityMutations(stages, StageType, {
  delete: '`CONFLICT` while deals are in it: move them first, or name a stage in `reassignTo`.',
});
