import type { Viewer } from '../../auth/viewer.ts';
import { containing } from '../../db/search.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import { searchSchema } from '../../db/text.ts';
import { ForbiddenError, parseInput } from '../../errors/index.ts';
import type { Prisma, Role } from '../../generated/tenant/client.ts';

/** The columns that every loaded role has, whatever else the selection asks for. */
export type RoleRow = Pick<Role, 'id' | 'createdAt'>;

/** The condition for live roles whose code or name contains `search`. */
export function roleFilter(search: string | null | undefined): Prisma.RoleWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: null,
    ...(text === undefined ? {} : { OR: [{ code: containing(text) }, { name: containing(text) }] }),
  };
}

/** The live role of that id, or null. */
export function findRole(db: TenantDatabase, id: string, selection: Selection): Promise<RoleRow | null> {
  return db.role.findUnique({ ...selection, where: { id, deletedAt: null } });
}

/** What a role grants. */
export interface RoleGrants {
  /** The role's code, which for a system role is also the `role` claim of its holders' tokens. */
  readonly code: string;
  readonly permissions: readonly string[];
}

/** The live role of that id with the codes of its permissions, or null. */
export async function findLiveRole(db: TenantDatabase, id: string): Promise<RoleGrants | null> {
  const role = await db.role.findUnique({ where: { id, deletedAt: null }, select: grantsSelection });
  return role && roleGrants(role);
}

/** The columns and relations that {@link roleGrants} reads. */
export const grantsSelection = {
  code: true,
  rolePermissions: {
    where: { deletedAt: null, permission: { deletedAt: null } },
    select: { permission: { select: { code: true } } },
  },
} satisfies Prisma.RoleSelect;

/** Reads what a loaded role grants. */
export function roleGrants(role: Prisma.RoleGetPayload<{ select: typeof grantsSelection }>): RoleGrants {
  return { code: role.code, permissions: role.rolePermissions.map(({ permission }) => permission.code) };
}

/**
 * Nobody hands out more than they hold.
 * @throws {ForbiddenError} when the role grants a permission that the viewer lacks.
 */
export function assertMayGrantRole(viewer: Viewer, role: RoleGrants): void {
  const missing = role.permissions.filter(
    (permission) => viewer.role !== 'manager' && !viewer.permissions.has(permission),
  );
  if (missing.length > 0) {
    throw new ForbiddenError(`You can't give a role that permits more than you may: ${missing.join(', ')}.`);
  }
}
