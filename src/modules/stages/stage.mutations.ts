import { findRow } from '../../entities/find-row.ts';
import { builder } from '../../graphql/builder.ts';
import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { parseEachId, parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { pipelines } from '../pipelines/pipeline.service.ts';
import { PipelineType } from '../pipelines/pipeline.type.ts';
import { stages } from './stage.service.ts';
import { StageType } from './stage.type.ts';
import { orderStages } from './stage-rules.service.ts';

entityMutations(stages, StageType, {
  update: '`CONFLICT` for another outcome while deals are in it: move them first.',
  delete:
    '`CONFLICT` while deals are in it: move them first, or name a stage of the same pipeline with the same outcome in `reassignTo`; their moves are recorded.',
});

builder.mutationField('orderStages', (t) =>
  t.field({
    type: PipelineType,
    nullable: true,
    description:
      'Puts the stages of a pipeline in this order, and answers the pipeline. Their positions become 0, 1 and so on. Needs `pipelines:write`.',
    args: {
      pipelineId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      stageIds: t.arg.idList({
        required: true,
        description: 'All of its stages, each exactly once: the global ids or the UUIDs.',
      }),
    },
    authScopes: { permission: 'pipelines:write' },
    grantScopes: ['reference'],
    resolve: (_root, args, context, info) => {
      const pipelineId = parseId('Pipeline', args.pipelineId, ['pipelineId']);
      const stageIds = parseEachId('Stage', args.stageIds, ['stageIds']);
      return context.write(async (transaction, actor) => {
        await orderStages({ entity: stages, transaction, actor }, pipelineId, stageIds);
        return findRow(pipelines, transaction, actor.viewer, pipelineId, selectionFor(context, info));
      });
    },
  }),
);
