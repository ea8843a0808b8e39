import { containing } from '../../db/search.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import { searchSchema } from '../../db/text.ts';
import { parseInput } from '../../errors/index.ts';
import type { Department, Prisma } from '../../generated/tenant/client.ts';

/** The columns that every loaded department has, whatever else the selection asks for. */
export type DepartmentRow = Pick<Department, 'id' | 'createdAt'>;

/** The condition for live departments whose code or name contains `search`. */
export function departmentFilter(search: string | null | undefined): Prisma.DepartmentWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: null,
    ...(text === undefined ? {} : { OR: [{ code: containing(text) }, { name: containing(text) }] }),
  };
}

/** The live department of that id, or null. */
export function findLiveDepartment(
  db: TenantDatabase,
  id: string,
  selection: Selection = {},
): Promise<DepartmentRow | null> {
  return db.department.findUnique({ ...selection, where: { id, deletedAt: null } });
}
