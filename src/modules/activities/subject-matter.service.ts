import type { EntityChange, RowOf } from '../../entities/entity.ts';
import { lockRows } from '../../entities/locks.ts';
import { type FieldProblem, message, ValidationFailedError } from '../../errors/index.ts';

type Columns = Partial<RowOf<'Activity'>>;

/**
 * An activity is about one customer: that of its deal and its contact, when it names none itself. So it is found among
 * the customer's, whatever it was noted at.
 * @throws {ValidationFailedError} at a contact or a deal of another customer.
 */
export async function prepareSubjectMatter({
  transaction,
  before,
  changes,
}: EntityChange<'Activity'>): Promise<Columns> {
  if (!changesAny(before, changes)) return {};
  const { contactId, dealId } = { ...before, ...changes };
  // Those that stay may be changed by others meanwhile.
  if (dealId != null) await lockRows(transaction, 'Deal', [dealId], 'keep');
  if (contactId != null) await lockRows(transaction, 'Contact', [contactId], 'keep');
  const select = { customerId: true };
  const deal = dealId == null ? null : await transaction.deal.findUnique({ where: { id: dealId }, select });
  const contact =
    contactId == null ? null : await transaction.contact.findUnique({ where: { id: contactId }, select });
  const customerId = namedCustomer(before, changes) ?? deal?.customerId ?? contact?.customerId ?? null;
  const problems: FieldProblem[] = [
    ...(contact && contact.customerId !== customerId ? [otherCustomer('contactId')] : []),
    ...(deal && deal.customerId !== customerId ? [otherCustomer('dealId')] : []),
  ];
  if (problems.length > 0) throw new ValidationFailedError(problems);
  return { customerId };
}

const columns = ['customerId', 'contactId', 'dealId'] as const;

function changesAny(before: RowOf<'Activity'> | null, changes: Columns): boolean {
  return columns.some(
    (column) => changes[column] !== undefined && (before === null || changes[column] !== before[column]),
  );
}

/** The customer that the activity names itself. One that gets another deal or contact goes to its customer. */
function namedCustomer(before: RowOf<'Activity'> | null, changes: Columns): string | null {
  if (changes.customerId !== undefined) return changes.customerId;
  const follows = (['contactId', 'dealId'] as const).some(
    (column) => changes[column] != null && changes[column] !== before?.[column],
  );
  return follows ? null : (before?.customerId ?? null);
}

function otherCustomer(column: 'contactId' | 'dealId'): FieldProblem {
  return { path: ['input', column], message: message('field.otherCustomer') };
}
