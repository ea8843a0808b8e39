import type { TenantTransaction } from '../../db/tenant-client.ts';
import { type FieldProblem, message } from '../../errors/index.ts';

/** The contact that takes deals and activities over is one at the same customer: they are about that customer too. */
export async function checkSuccessor(
  transaction: TenantTransaction,
  id: string,
  successor: string,
): Promise<readonly FieldProblem[]> {
  const customers = await transaction.contact.findMany({
    where: { id: { in: [id, successor] } },
    distinct: ['customerId'],
    select: { id: true },
  });
  return customers.length === 1 ? [] : [{ path: ['reassignTo'], message: message('field.otherCustomer') }];
}
