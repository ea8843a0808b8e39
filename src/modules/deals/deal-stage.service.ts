import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { EntityChange, RowOf } from '../../entities/entity.ts';
import { isReached } from '../../entities/row-scope.ts';
import { type FieldMessage, ForbiddenError, message, ValidationFailedError } from '../../errors/index.ts';

/** A new deal may still be won or lost. @throws {ValidationFailedError} at its stage otherwise. */
export async function assertBeginsOpen({
  transaction,
  before,
  changes,
}: EntityChange<'Deal'>): Promise<Partial<RowOf<'Deal'>>> {
  if (before !== null) return {};
  if (changes.stageId === undefined) throw problemAtStage(message('field.noDefaultStage'));
  const { outcome } = await transaction.stage.findUniqueOrThrow({
    where: { id: changes.stageId },
    select: { outcome: true },
  });
  if (outcome !== 'OPEN') throw problemAtStage(message('field.stageNotOpen'));
  return {};
}

function problemAtStage(said: FieldMessage): ValidationFailedError {
  return new ValidationFailedError([{ path: ['input', 'stageId'], message: said }]);
}

/** The stage of a new deal for which nobody has chosen one; undefined when no default pipeline has an open stage. */
export async function defaultStage(db: TenantDatabase): Promise<string | undefined> {
  const first = await db.stage.findFirst({
    where: { outcome: 'OPEN', deletedAt: null, pipeline: { isDefault: true, deletedAt: null } },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
    select: { id: true },
  });
  return first?.id;
}

/**
 * A deal comes back as open, won or lost as its stage is by now: that may change while only deleted deals are in it.
 * @throws {ForbiddenError} when it comes back open, was closed, and the viewer may not reopen it.
 */
export async function stateAtRestore({
  transaction,
  actor: { viewer },
  before,
}: EntityChange<'Deal'>): Promise<Partial<RowOf<'Deal'>>> {
  if (before === null) return {};
  const { outcome } = await transaction.stage.findUniqueOrThrow({
    where: { id: before.stageId },
    select: { outcome: true },
  });
  const permission = 'deals:reopen';
  const reopens = outcome === 'OPEN' && before.closedAt !== null;
  if (reopens && !isReached('Deal', viewer, permission, { ...before })) {
    throw new ForbiddenError(message('forbidden.permission', { permission }));
  }
  return {
    closedAt: outcome === 'OPEN' ? null : (before.closedAt ?? new Date()),
    lostReason: outcome === 'LOST' ? before.lostReason : null,
  };
}
