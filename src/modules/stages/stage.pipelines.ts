import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedList } from '../../graphql/entities/nested-list.ts';
import { PipelineType } from '../pipelines/pipeline.type.ts';
import { stagePage } from './stage.queries.ts';
import { stages } from './stage.service.ts';
import { StageType } from './stage.type.ts';

const inPipeline = nestedList(stages, 'inPipeline', 'position');

builder.prismaObjectField(PipelineType, 'stages', (t) =>
  t.connection(
    {
      type: StageType,
      extensions: fromRows,
      description: 'The stages, in the order of their positions. Needs `pipelines:read`.',
      authScopes: { permission: 'pipelines:read' },
      select: (args, context, nestedSelection) => ({
        stages: {
          ...nestedSelection({ select: { id: true, position: true } }, ['edges', 'node']),
          ...inPipeline.page(args, context),
        },
        _count: { select: { stages: inPipeline.all(context) } },
      }),
      resolve: (pipeline, args, context, info) =>
        inPipeline.resolve(args, info, context, {
          rows: pipeline.stages,
          count: pipeline._count.stages,
        }),
    },
    stagePage.connection,
    stagePage.edge,
  ),
);
