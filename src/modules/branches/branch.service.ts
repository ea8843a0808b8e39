import { containing } from '../../db/search.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import { searchSchema } from '../../db/text.ts';
import { parseInput } from '../../errors/index.ts';
import type { Branch, Prisma } from '../../generated/tenant/client.ts';

/** The columns that every loaded branch has, whatever else the selection asks for. */
export type BranchRow = Pick<Branch, 'id' | 'createdAt'>;

/** The condition for live branches whose code or name contains `search`. */
export function branchFilter(search: string | null | undefined): Prisma.BranchWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: null,
    ...(text === undefined ? {} : { OR: [{ code: containing(text) }, { name: containing(text) }] }),
  };
}

/** The live branch of that id, or null. */
export function findLiveBranch(
  db: TenantDatabase,
  id: string,
  selection: Selection = {},
): Promise<BranchRow | null> {
  return db.branch.findUnique({ ...selection, where: { id, deletedAt: null } });
}
