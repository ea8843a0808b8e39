import type { CentralDatabase } from '../../db/identity-database.ts';
import { inOrder } from '../../db/in-order.ts';
import type { Prisma } from '../../generated/central/client.ts';

/** What managers see of each other. */
const managerColumns = {
  id: true,
  username: true,
  email: true,
  fullName: true,
  lastLoginAt: true,
  createdAt: true,
} satisfies Prisma.ManagerSelect;

/** A manager as managers see them. */
export type ManagerRow = Prisma.ManagerGetPayload<{ select: typeof managerColumns }>;

/** The managers of those ids, deleted ones too, in their order, with null for those that do not exist. */
export async function loadManagers(
  central: CentralDatabase,
  ids: readonly string[],
): Promise<(ManagerRow | null)[]> {
  const rows = await central.manager.findMany({ where: { id: { in: [...ids] } }, select: managerColumns });
  return inOrder(ids, rows, (row) => row.id);
}
