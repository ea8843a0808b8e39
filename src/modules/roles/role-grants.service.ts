import { type Grants, rowScopeSchema } from '../../auth/row-scopes.ts';
import { missingPermissions, type Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import type { Prisma } from '../../generated/tenant/client.ts';
import { beyondOwn } from './beyond-own.service.ts';

/** A role with the permissions that it grants, and their scopes. */
export interface RoleGrants {
  readonly id: string;
  /** The role's code, which for a system role is also the `role` claim of its holders' tokens. */
  readonly code: string;
  /** By the permissions' codes, sorted. */
  readonly scopes: Grants;
}

/** The live role of that id with the codes of its permissions, or null. */
export async function findLiveRole(db: TenantDatabase, id: string): Promise<RoleGrants | null> {
  const role = await db.role.findUnique({ where: { id, deletedAt: null }, select: grantsSelection });
  return role && roleGrants(role);
}

/** The columns and relations that {@link roleGrants} reads. */
const grantsSelection = {
  id: true,
  code: true,
  rolePermissions: {
    where: { deletedAt: null, permission: { deletedAt: null } },
    select: { scope: true, permission: { select: { code: true } } },
  },
} satisfies Prisma.RoleSelect;

/** Reads what a loaded role grants. */
function roleGrants(role: Prisma.RoleGetPayload<{ select: typeof grantsSelection }>): RoleGrants {
  return {
    id: role.id,
    code: role.code,
    scopes: new Map(
      role.rolePermissions
        .map(({ permission, scope }) => [permission.code, rowScopeSchema.parse(scope)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  };
}

/**
 * Nobody hands out more than they hold.
 * @throws {ForbiddenError} when the role grants a permission that the viewer lacks, or has for fewer rows.
 */
export function assertMayGrantRole(viewer: Viewer, role: RoleGrants): void {
  const missing = missingPermissions(viewer, role.scopes);
  if (missing.length > 0) throw beyondOwn(viewer, 'givenRole', missing);
}

/** Returns what a role grants, whether it is deleted or not. */
export async function findGrants(db: TenantDatabase, id: string): Promise<Grants> {
  const role = await db.role.findUnique({ where: { id }, select: grantsSelection });
  return role ? roleGrants(role).scopes : new Map();
}
