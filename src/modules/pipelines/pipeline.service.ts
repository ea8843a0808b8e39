import { recordAudit } from '../../audit/tenant-audit.ts';
import { auditUserId } from '../../auth/viewer.ts';
import { defineEntity, type EntityChange, type RowOf } from '../../entities/entity.ts';
import { code, initially, integer, optionalText, text, toggle } from '../../entities/fields.ts';
import { message } from '../../errors/index.ts';

/** The ways that deals go. */
export const pipelines = defineEntity('Pipeline', {
  delegate: ({ pipeline }) => pipeline,
  label: 'name',
  search: ['code', 'name'],
  unique: { pipelines_code_live_key: 'code', pipelines_default_live_key: 'isDefault' },
  uniqueWords: { pipelines_default_live_key: null },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `SALES`.' }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'Which deals go this way.' }),
    position: initially(
      0,
      integer(0, 10_000, { description: 'The place among all pipelines, the first lowest.' }),
    ),
    isDefault: initially(
      false,
      toggle(false, {
        description: 'Whether new deals go this way unless another is chosen. The others are not it, then.',
      }),
    ),
  },
  dependents: [{ entity: 'Stage', column: 'pipelineId' }],
  // Its stages would not fit among those of another one, and may have the same codes.
  isReplaceable: false,
  insteadOfDeletion: message('conflict.deleteStages'),
  prepare: prepareDefault,
  atRestore: async () => ({ isDefault: false }),
});

/** The name of the lock under which one pipeline takes the place of the default one. */
const defaultLock = 'default pipeline';

/** There is one default pipeline at most: a new one takes the place of the old one. */
async function prepareDefault({
  transaction,
  actor,
  before,
  changes,
}: EntityChange<'Pipeline'>): Promise<Partial<RowOf<'Pipeline'>>> {
  if (changes.isDefault !== true || before?.isDefault) return {};
  // Of two at once, the second sees the pipeline of the first.
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${defaultLock}, 0))`;
  const replaced = await transaction.pipeline.updateManyAndReturn({
    where: { isDefault: true, deletedAt: null },
    data: { isDefault: false, updatedBy: auditUserId(actor.viewer) },
    select: { id: true },
  });
  for (const { id } of replaced) {
    await recordAudit(transaction, actor, {
      action: 'pipeline.update',
      entityType: 'Pipeline',
      entityId: id,
      changes: { isDefault: { before: true, after: false } },
    });
  }
  return {};
}
