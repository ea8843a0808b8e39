import { StageOutcome } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { stages } from './stage.service.ts';

builder.enumType(StageOutcome, {
  name: 'StageOutcome',
  description: 'What it means for a deal to be in a stage.',
  values: {
    OPEN: { description: 'It may still be won or lost.' },
    WON: { description: 'It is won.' },
    LOST: { description: 'It is lost.' },
  },
});

export const StageType = builder.prismaNode('Stage', {
  ...entityNode(stages),
  description: 'A step of a pipeline. Needs `pipelines:read`, unless it is reached through a deal.',
  fields: (t) => ({
    ...exposedFields(t, stages),
    pipelineId: t.id(referenceId(stages, 'pipelineId')),
    pipeline: t.relation('pipeline', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The pipeline.',
    }),
  }),
});
