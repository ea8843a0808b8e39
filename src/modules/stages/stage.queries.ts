import { StageOutcome } from '../../generated/tenant/enums.ts';
import { byChoice, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { stages } from './stage.service.ts';
import { StageType } from './stage.type.ts';

/** The types of a page of stages, wherever it stands. */
export const stagePage = entityQueries(stages, StageType, {
  search: 'Only stages whose code or name contains this text.',
  orders: {
    CODE: 'code',
    NAME: 'name',
    POSITION: 'position',
    PROBABILITY: 'probability',
    OUTCOME: 'outcome',
  },
  filters: {
    pipelineId: byReference('pipelineId', 'Pipeline', 'Only stages of this pipeline.'),
    probability: byRange('probability', 'Only stages with so high a probability.'),
    outcome: byChoice('outcome', StageOutcome, 'Only stages with one of these outcomes.'),
  },
});
