import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { auditUserId } from '../../auth/viewer.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { linesSchema } from '../../db/text.ts';
import { loadForChange } from '../../entities/change-steps.ts';
import { insertRow } from '../../entities/changes.ts';
import type { EntityRow, RowOf } from '../../entities/entity.ts';
import type { EntityWork } from '../../entities/entity-work.ts';
import { recordedRow } from '../../entities/recorded-row.ts';
import { keepRow } from '../../entities/references.ts';
import { isReached, withOwner } from '../../entities/row-scope.ts';
import { ForbiddenError, message, nounOf, parseInput, ValidationFailedError } from '../../errors/index.ts';
import type { StageOutcome } from '../../generated/tenant/enums.ts';
import { firstMove, recordMoves } from './deal-moves.service.ts';
import { defaultStage } from './deal-stage.service.ts';

/**
 * Creates a deal, in the first open stage of the default pipeline unless its input names one.
 * @throws {ValidationFailedError} when there is no such stage, or it isn't open; and as `createRow` does.
 */
export async function createDeal(
  on: EntityWork<'Deal'>,
  input: object,
  selection: Selection,
): Promise<EntityRow> {
  const { entity, transaction, actor } = on;
  const given = parseInput(entity.creation, withOwner('Deal', actor.viewer, input), ['input']);
  const stageId = given.stageId ?? (await defaultStage(transaction));
  if (stageId === undefined) return insertRow(on, given, selection);
  const data = await firstMove({ transaction, actor }, stageId);
  return insertRow(on, { ...given, stageId }, selection, { data });
}

/** Where a deal is to go, and why. */
export interface DealDestination {
  readonly stageId: string;
  readonly reason: string | null | undefined;
}

/**
 * Moves a deal to another stage, of any pipeline; where it is already, nothing happens.
 * @param expectedUpdatedAt when the mover's copy was last changed; absent means that they don't mind.
 * @throws {NotFoundError} when no live deal of that id exists for the viewer.
 * @throws {ConflictError} when somebody has changed it since.
 * @throws {ValidationFailedError} when there is no such stage, or no reason for losing it.
 * @throws {ForbiddenError} when a closed deal would become something else, and the viewer may not reopen it.
 */
export async function moveDeal(
  { entity, transaction, actor }: EntityWork<'Deal'>,
  id: string,
  { stageId, reason: given }: DealDestination,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<EntityRow> {
  const { viewer } = actor;
  const reason = given?.trim() ? parseInput(linesSchema(1024), given, ['reason']) : null;
  const before = await loadForChange(entity, transaction, actor, id, 'update');
  assertUnchanged(before, expectedUpdatedAt);
  const deals = entity.delegate(transaction);
  if (before.stageId === stageId) return (await deals.findFirst({ ...selection, where: { id } })) ?? before;

  if (!(await keepRow(transaction, viewer, 'Stage', stageId, 'read'))) {
    const type = nounOf('Stage');
    throw new ValidationFailedError([{ path: ['stageId'], message: message('field.noSuch', { type }) }]);
  }
  const outcomeOf = async (stage: string): Promise<StageOutcome> =>
    (await transaction.stage.findUniqueOrThrow({ where: { id: stage }, select: { outcome: true } })).outcome;
  const [was, becomes] = [await outcomeOf(before.stageId), await outcomeOf(stageId)];
  const permission = 'deals:reopen';
  if (was !== 'OPEN' && was !== becomes && !isReached('Deal', viewer, permission, { ...before })) {
    throw new ForbiddenError(message('forbidden.permission', { permission }));
  }
  if (becomes === 'LOST' && reason === null) {
    throw new ValidationFailedError([{ path: ['reason'], message: message('field.required') }]);
  }

  const movedAt = await recordMoves(
    { transaction, actor, ids: [id], from: before.stageId, to: stageId },
    reason,
  );
  const changes: Partial<RowOf<'Deal'>> = {
    stageId,
    closedAt: becomes === 'OPEN' ? null : was === becomes ? before.closedAt : movedAt,
    lostReason: becomes === 'LOST' ? reason : null,
  };
  const data = { ...changes, updatedBy: auditUserId(viewer) };
  const row = await deals.update({ ...selection, where: { id }, data });
  await recordAudit(transaction, actor, {
    action: 'deal.move',
    entityType: 'Deal',
    entityId: id,
    changes: changesBetween(recordedRow(entity, before), recordedRow(entity, { ...before, ...changes })),
  });
  return row;
}
