import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { pipelines } from './pipeline.service.ts';
import { PipelineType } from './pipeline.type.ts';

entityMutations(pipelines, PipelineType, {
  delete: '`CONFLICT` while it has stages: delete them first.',
  restore: 'It comes back as a pipeline that is not the default one.',
});
