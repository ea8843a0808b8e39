import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { pipelines } from './pipeline.service.ts';

export const PipelineType = builder.prismaNode('Pipeline', {
  ...entityNode(pipelines),
  description:
    'A way that deals go, from stage to stage. Needs `pipelines:read`, unless it is reached through a deal.',
  fields: (t) => exposedFields(t, pipelines),
});
