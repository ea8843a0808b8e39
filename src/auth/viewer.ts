import type { PermissionCode } from './permissions.ts';

/** The kinds of people that sign in: managers run the platform, the others belong to one tenant. */
export const viewerRoles = ['manager', 'tenant_admin', 'tenant_user'] as const;

/** One kind of viewer. */
export type ViewerRole = (typeof viewerRoles)[number];

/** Who makes this request, as the verified access token says. */
export interface Viewer {
  /** The user's id in the tenant's database, or the manager's in the central one. */
  readonly userId: string;
  /** The session that the token belongs to. */
  readonly sessionId: string;
  readonly role: ViewerRole;
  /** Null for a manager who is in no tenant. */
  readonly tenantKey: string | null;
  readonly permissions: ReadonlySet<string>;
}

/** Whether the viewer may do what `permission` names. A manager may do everything. */
export function hasPermission(viewer: Viewer, permission: PermissionCode): boolean {
  return viewer.role === 'manager' || viewer.permissions.has(permission);
}

/**
 * The id to write into `created_by` and its siblings: a tenant's own user, or null for a manager, who is no
 * row of the tenant's `users`.
 */
export function auditUserId(viewer: Viewer): string | null {
  return viewer.role === 'manager' ? null : viewer.userId;
}
