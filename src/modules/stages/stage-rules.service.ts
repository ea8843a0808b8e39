import type { TenantTransaction } from '../../db/tenant-client.ts';
import type { EntityChange } from '../../entities/entity.ts';
import type { EntityWork } from '../../entities/entity-work.ts';
import { lockRows } from '../../entities/locks.ts';
import { orderRows } from '../../entities/order-rows.ts';
import { ConflictError, type FieldProblem, message, NotFoundError } from '../../errors/index.ts';

/**
 * What a stage means for its deals stays while any are in it: they would be won, lost or open again without anybody
 * having moved them.
 * @throws {ConflictError} otherwise.
 */
export async function checkOutcome({
  transaction,
  before,
  changes,
}: EntityChange<'Stage'>): Promise<readonly FieldProblem[]> {
  if (before === null || changes.outcome === undefined || changes.outcome === before.outcome) return [];
  // Deals come to it only while nobody changes it.
  const deals = await transaction.deal.count({ where: { stageId: before.id, deletedAt: null } });
  if (deals > 0) {
    throw new ConflictError({
      reason: 'IN_USE',
      dependents: undefined,
      message: message('conflict.outcomeInUse'),
    });
  }
  return [];
}

/** The stage that takes deals over is one in which they are as open, won or lost as before. */
export async function checkSuccessor(
  transaction: TenantTransaction,
  id: string,
  successor: string,
): Promise<readonly FieldProblem[]> {
  const pairs = await transaction.stage.findMany({
    where: { id: { in: [id, successor] } },
    distinct: ['pipelineId', 'outcome'],
    select: { id: true },
  });
  return pairs.length === 1 ? [] : [{ path: ['reassignTo'], message: message('field.stageUnlike') }];
}

/**
 * Puts the stages of a pipeline in order.
 * @throws {NotFoundError} when there is no such pipeline.
 * @throws as {@link orderRows}.
 */
export async function orderStages(
  on: EntityWork<'Stage'>,
  pipelineId: string,
  stageIds: readonly string[],
): Promise<void> {
  const { transaction } = on;
  await orderRows(on, { pipelineId }, stageIds, 'stageIds', async () => {
    // A new stage waits for its pipeline.
    await lockRows(transaction, 'Pipeline', [pipelineId], 'change');
    const where = { id: pipelineId, deletedAt: null };
    if ((await transaction.pipeline.count({ where })) === 0) throw new NotFoundError('Pipeline');
  });
}
