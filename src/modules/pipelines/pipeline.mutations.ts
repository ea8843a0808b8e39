import { orderRows } from '../../entities/order-rows.ts';
import { builder } from '../../graphql/builder.ts';
import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { parseEachId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { pipelines } from './pipeline.service.ts';
import { PipelineType } from './pipeline.type.ts';

entityMutations(pipelines, PipelineType, {
  delete: '`CONFLICT` while it has stages: delete them first.',
  restore: 'It comes back as a pipeline that is not the default one.',
});

builder.mutationField('orderPipelines', (t) =>
  t.field({
    type: [PipelineType],
    nullable: true,
    description:
      'Puts the pipelines in this order, and answers them. Their positions become 0, 1 and so on. Needs `pipelines:write`.',
    args: {
      pipelineIds: t.arg.idList({
        required: true,
        description: 'All pipelines, each exactly once: the global ids or the UUIDs.',
      }),
    },
    authScopes: { permission: 'pipelines:write' },
    grantScopes: ['reference'],
    resolve: (_root, args, context, info) => {
      const ids = parseEachId('Pipeline', args.pipelineIds, ['pipelineIds']);
      return context.write(async (transaction, actor) => {
        await orderRows({ entity: pipelines, transaction, actor }, {}, ids, 'pipelineIds');
        return transaction.pipeline.findMany({
          ...selectionFor(context, info),
          where: { deletedAt: null },
          orderBy: { position: 'asc' },
        });
      });
    },
  }),
);
