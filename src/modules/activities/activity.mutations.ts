import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { activities } from './activity.service.ts';
import { ActivityType } from './activity.type.ts';

entityMutations(activities, ActivityType, {
  restore: '`VALIDATION_FAILED` when all that it was about is gone.',
});
