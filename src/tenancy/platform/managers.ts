import type { CentralDatabase } from '../../db/identity-database.ts';
import { inOrder } from '../../db/in-order.ts';
import { containing, containingLowerCase } from '../../db/search.ts';
import { searchSchema } from '../../db/text.ts';
import { searchForms } from '../../db/text-forms.ts';
import { parseInput } from '../../errors/index.ts';
import type { Prisma } from '../../generated/central/client.ts';

/** The columns that managers see of each other. */
export const managerColumns = {
  id: true,
  username: true,
  email: true,
  fullName: true,
  isActive: true,
  mustChangePassword: true,
  lastLoginAt: true,
  createdAt: true,
  updatedAt: true,
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

/** The managers that a list shows. */
export interface ManagerFilter {
  readonly search?: string | null | undefined;
  readonly isActive?: boolean | null | undefined;
}

/**
 * The condition for managers that the filter lets through. A search looks into username, full name and email.
 * @throws {ValidationFailedError} for a search text that can't be searched for.
 */
export function managerFilter({ search, isActive }: ManagerFilter): Prisma.ManagerWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: null,
    ...(isActive == null ? {} : { isActive }),
    ...(text === undefined
      ? {}
      : {
          OR: searchForms(text).flatMap((form) => [
            { username: containingLowerCase(form) },
            { fullName: containing(form) },
            { email: containingLowerCase(form) },
          ]),
        }),
  };
}

/** A page of managers. */
export function listManagers(
  central: CentralDatabase,
  page: Pick<Prisma.ManagerFindManyArgs, 'where' | 'orderBy' | 'take'>,
): Promise<ManagerRow[]> {
  return central.manager.findMany({ ...page, select: managerColumns });
}

/** The manager of that id; null when there is none, or no more. */
export function findManager(central: CentralDatabase, id: string): Promise<ManagerRow | null> {
  return central.manager.findUnique({ where: { id, deletedAt: null }, select: managerColumns });
}
