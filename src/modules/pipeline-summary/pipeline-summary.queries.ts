import { message, ValidationFailedError } from '../../errors/index.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { scanCost, statementCost } from '../../graphql/costs.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { sumUpDeals } from './pipeline-summary.service.ts';
import { PipelineSummaryType } from './pipeline-summary.type.ts';

builder.queryField('pipelineSummary', (t) =>
  t.field({
    type: PipelineSummaryType,
    nullable: true,
    // Two statements by an index, and one that may read every deal.
    extensions: { ...fromRows, costsOnce: scanCost + 2 * statementCost },
    description:
      'The deals of a pipeline, summed up by stage and by month; null when there is no such pipeline. Needs `deals:read`. Deals beyond the scope of that permission do not count.',
    args: {
      pipelineId: t.arg.id({
        description: 'The global id or the UUID; the default pipeline when it is left out.',
      }),
      from: t.arg({
        type: 'Date',
        description:
          'Only open deals that are expected to close on this day or later, and only won and lost ones that were closed then, in the tenant’s time zone. Open deals without such a day don’t count.',
      }),
      to: t.arg({ type: 'Date', description: 'The same for this day or earlier.' }),
      ownerId: t.arg.id({
        description: 'Only deals that this user looks after: the global id or the UUID.',
      }),
    },
    authScopes: { permission: 'deals:read' },
    resolve: async (_root, { from, to, ...args }, context, info) => {
      const chosen = optionalId('Pipeline', args.pipelineId, ['pipelineId']);
      const ownerId = optionalId('User', args.ownerId, ['ownerId']) ?? null;
      if (from && to && from > to) {
        throw new ValidationFailedError([{ path: ['to'], message: message('field.range') }]);
      }
      const { db, viewer, tenant } = context;
      const pipeline = await db.pipeline.findFirst({
        ...selectionFor(context, info, ['pipeline']),
        where: { ...(chosen === undefined ? { isDefault: true } : { id: chosen }), deletedAt: null },
      });
      if (pipeline === null) return null;
      const stages = await db.stage.findMany({
        ...selectionFor(context, info, ['stages', 'stage']),
        where: { pipelineId: pipeline.id, deletedAt: null },
        orderBy: [{ position: 'asc' }, { id: 'asc' }],
      });
      const sums = await sumUpDeals(db, viewer, {
        pipelineId: pipeline.id,
        from: from ?? null,
        to: to ?? null,
        ownerId,
        timeZone: timeZoneOf(tenant),
      });
      return {
        pipeline,
        stages: stages.map((stage) => ({
          stage,
          totals: sums.stages.filter(({ stageId }) => stageId === stage.id),
        })),
        months: sums.months,
      };
    },
  }),
);
