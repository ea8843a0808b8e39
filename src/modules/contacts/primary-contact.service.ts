import { recordAudit } from '../../audit/tenant-audit.ts';
import { auditUserId } from '../../auth/viewer.ts';
import type { EntityChange, RowOf } from '../../entities/entity.ts';
import { lockRows } from '../../entities/locks.ts';

/** A customer has one primary contact at most: a new one takes the place of the old one, and who moves gives it up. */
export async function preparePrimary({
  transaction,
  actor,
  before,
  changes,
}: EntityChange<'Contact'>): Promise<Partial<RowOf<'Contact'>>> {
  const customerId = changes.customerId ?? before?.customerId;
  const stays = customerId === before?.customerId;
  if (customerId === undefined) return {};
  if (changes.isPrimary !== true) return stays || before === null ? {} : { isPrimary: false };
  if (stays && before?.isPrimary) return {};
  // Of two at once, the second sees the contact of the first.
  await lockRows(transaction, 'Customer', [customerId], 'change');
  const replaced = await transaction.contact.updateManyAndReturn({
    where: { customerId, isPrimary: true, deletedAt: null, ...(before ? { NOT: { id: before.id } } : {}) },
    data: { isPrimary: false, updatedBy: auditUserId(actor.viewer) },
    select: { id: true },
  });
  for (const { id } of replaced) {
    await recordAudit(transaction, actor, {
      action: 'contact.update',
      entityType: 'Contact',
      entityId: id,
      changes: { isPrimary: { before: true, after: false } },
    });
  }
  return {};
}
