import { byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { pipelines } from './pipeline.service.ts';
import { PipelineType } from './pipeline.type.ts';

entityQueries(pipelines, PipelineType, {
  search: 'Only pipelines whose code or name contains this text.',
  orders: { CODE: 'code', NAME: 'name', POSITION: 'position' },
  filters: { isDefault: byToggle('isDefault', 'Only the default pipeline, or only the others.') },
});
