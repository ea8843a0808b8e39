import { byId, notThere, type Replays, type ReplayTenant, refused } from './replay.ts';

/** The pipeline of a stage, by a name that tells whose it is; another one when there is no such stage. */
async function pipelineOf(
  db: ReplayTenant['db'],
  tenantKey: string,
  stageId: string,
  otherwise: string,
): Promise<string> {
  const stage = await db.stage.findUnique({ where: { id: stageId }, select: { pipelineId: true } });
  if (!stage) return otherwise;
  await db.pipeline.update({ where: { id: stage.pipelineId }, data: { name: `Pipeline of ${tenantKey}` } });
  return stage.pipelineId;
}

/** What is asked of pipelines and deals besides what all entities have. */
export const pipelineReplays: Replays = {
  'Query.pipelineSummary': [
    ...byId('pipelineId', 'Pipeline', notThere('pipelineSummary'), (pipelineId) => ({ pipelineId })),
    // Nobody's deals, in a pipeline of one's own.
    ...byId(
      'ownerId',
      'User',
      { data: { pipelineSummary: { months: [] } }, codes: [] },
      (ownerId, { own }) => ({ pipelineId: own.ids.Pipeline, ownerId }),
    ),
  ],
  'Mutation.moveDeal': [
    ...byId(
      'dealId',
      'Deal',
      refused('NOT_FOUND'),
      async (dealId, { own }) => ({ dealId, stageId: await own.spare('Stage') }),
      { idOf: (target) => target.spare('Deal') },
    ),
    ...byId('stageId', 'Stage', refused('VALIDATION_FAILED'), async (stageId, { own }) => ({
      dealId: await own.spare('Deal'),
      stageId,
    })),
  ],
  'Mutation.orderStages': [
    ...byId('pipelineId', 'Pipeline', refused('NOT_FOUND'), (pipelineId) => ({ pipelineId, stageIds: [] }), {
      idOf: (target) => target.spare('Pipeline'),
    }),
    ...byId(
      'stageIds',
      'Stage',
      refused('VALIDATION_FAILED'),
      async (stageId, { own, db, tenantKey }) => {
        return {
          pipelineId: await pipelineOf(db, tenantKey, stageId, own.ids.Pipeline),
          stageIds: [stageId],
        };
      },
      { forms: ['UUID'], idOf: (target) => target.spare('Stage') },
    ),
  ],
};
