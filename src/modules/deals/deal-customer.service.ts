import { recordAudit } from '../../audit/tenant-audit.ts';
import { auditUserId } from '../../auth/viewer.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import type { EntityAttempt, EntityChange, RowOf } from '../../entities/entity.ts';
import { lockRows } from '../../entities/locks.ts';
import { type FieldProblem, message } from '../../errors/index.ts';

/** One talks about a deal with a contact at its customer. */
export async function checkContact({
  transaction,
  before,
  changes,
}: EntityChange<'Deal'>): Promise<FieldProblem[]> {
  const { customerId, contactId } = { ...before, ...changes };
  if (contactId == null || changes.contactId === undefined) return [];
  if (customerId === before?.customerId && contactId === before?.contactId) return [];
  // One that stays may be moved by others meanwhile.
  await lockRows(transaction, 'Contact', [contactId], 'keep');
  const contact = await transaction.contact.findUnique({
    where: { id: contactId },
    select: { customerId: true },
  });
  return contact?.customerId === customerId
    ? []
    : [{ path: ['input', 'contactId'], message: message('field.otherCustomer') }];
}

/** The deal that takes activities over is one of the same customer: they are about that customer too. */
export async function checkSuccessor(
  transaction: TenantTransaction,
  id: string,
  successor: string,
): Promise<readonly FieldProblem[]> {
  const customers = await transaction.deal.findMany({
    where: { id: { in: [id, successor] } },
    distinct: ['customerId'],
    select: { id: true },
  });
  return customers.length === 1 ? [] : [{ path: ['reassignTo'], message: message('field.otherCustomer') }];
}

/** A deal that goes to another customer leaves its contact behind, unless it is given another one. */
export function leaveContactBehind({
  before,
  changes: { customerId, contactId },
}: EntityChange<'Deal'>): Partial<RowOf<'Deal'>> {
  const isMoved = before !== null && customerId !== undefined && customerId !== before.customerId;
  return isMoved && contactId === undefined && before.contactId !== null ? { contactId: null } : {};
}

/** A contact that went to another customer while the deal was deleted is none of the deal's any more. */
export async function contactAtRestore({
  transaction,
  before,
  changes,
}: EntityChange<'Deal'>): Promise<Partial<RowOf<'Deal'>>> {
  if (before === null) return {};
  const { customerId, contactId } = { ...before, ...changes };
  if (contactId === null) return {};
  const contact = await transaction.contact.findUniqueOrThrow({
    where: { id: contactId },
    select: { customerId: true },
  });
  return contact.customerId === customerId ? {} : { contactId: null };
}

/** Activities go with their deal to another customer, without contacts who are not at that one. */
export async function takeActivitiesAlong(
  { transaction, actor, row }: EntityAttempt<'Deal'>,
  { customerId }: Partial<RowOf<'Deal'>>,
): Promise<void> {
  if (customerId === undefined || customerId === row.customerId) return;
  const where = { dealId: row.id, customerId: row.customerId };
  const leaving = { ...where, contact: { customerId: { not: customerId } } };
  const contacts = await transaction.activity.findMany({
    where: leaving,
    select: { id: true, contactId: true },
  });
  const contactOf = new Map(contacts.map(({ id, contactId }) => [id, contactId]));
  await transaction.activity.updateMany({
    where: { id: { in: [...contactOf.keys()] } },
    data: { contactId: null },
  });
  const moved = await transaction.activity.updateManyAndReturn({
    where,
    data: { customerId, updatedBy: auditUserId(actor.viewer) },
    select: { id: true },
  });
  for (const { id } of moved) {
    const contactId = contactOf.get(id);
    await recordAudit(transaction, actor, {
      action: 'activity.update',
      entityType: 'Activity',
      entityId: id,
      changes: {
        customerId: { before: row.customerId, after: customerId },
        ...(contactId ? { contactId: { before: contactId, after: null } } : {}),
      },
    });
  }
}
