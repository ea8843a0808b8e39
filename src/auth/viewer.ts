import type { PermissionCode } from './permissions.ts';
import { type Grants, isHeadedRead, isNarrower, type RowScope } from './row-scopes.ts';

/** The kinds of people that sign in: managers run the platform, the others belong to one tenant. */
export const viewerRoles = ['manager', 'tenant_admin', 'tenant_user'] as const;

/** One kind of viewer. */
export type ViewerRole = (typeof viewerRoles)[number];

/** The author of this request, with what the verified access token grants, less what has been taken away since. */
export interface Viewer {
  /** The user's id in the tenant's database, or the manager's in the central one. */
  readonly userId: string;
  readonly username: string;
  /** The session that the token belongs to. */
  readonly sessionId: string;
  readonly role: ViewerRole;
  /** Null for a manager who is in no tenant. */
  readonly tenantKey: string | null;
  readonly permissions: ReadonlySet<string>;
  readonly reach: Reach;
}

/** The row scopes of a viewer's permissions. Tokens say nothing of it: it comes from the database alone. */
export interface Reach {
  /** The scope of each of the permissions; of others too, which the token lacks. */
  readonly scopes: Grants;
  /**
   * The ids of the users whose rows the scope `DEPARTMENT` is about: the viewer and all who are in their department or
   * below it, deleted ones included. Empty unless a permission has that scope.
   */
  readonly colleagueIds: readonly string[];
  /**
   * The ids of the users who work, as employees, in the departments that the viewer heads or below them. Empty for
   * whoever heads none.
   */
  readonly headedIds: readonly string[];
}

/** The reach of who has no permission, and of a manager, who needs none. */
export const noReach: Reach = { scopes: new Map(), colleagueIds: [], headedIds: [] };

/** The claims of an access token about its bearer. */
export type AccessGrant = Omit<Viewer, 'username' | 'reach'>;

/** The rights of a token's bearer, from the database. */
type LiveRights = Pick<Viewer, 'username' | 'role' | 'permissions' | 'reach'>;

/** The viewer of each grant that was narrowed last: the same for every request until the database is read again. */
const narrowed = new WeakMap<AccessGrant, { readonly live: LiveRights; readonly viewer: Viewer }>();

/** The bearer of a token, with the rights that both the token and the database give. */
export function narrowToLive(grant: AccessGrant, live: LiveRights): Viewer {
  const known = narrowed.get(grant);
  if (known?.live === live) return known.viewer;
  const viewer = narrow(grant, live);
  narrowed.set(grant, { live, viewer });
  return viewer;
}

function narrow(grant: AccessGrant, live: LiveRights): Viewer {
  return {
    ...grant,
    username: live.username,
    role: grant.role === live.role ? grant.role : 'tenant_user',
    permissions: new Set([...grant.permissions].filter((code) => live.permissions.has(code))),
    reach: live.reach,
  };
}

/** A viewer at work: what a change needs to know of the request that asks for it. */
export interface Actor {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** The address that the request came from; null when there is no network. */
  readonly address: string | null;
}

/** Returns whether the viewer may do what `permission` names. A manager may do everything. */
export function hasPermission(viewer: Viewer, permission: PermissionCode): boolean {
  return viewer.role === 'manager' || viewer.permissions.has(permission);
}

/** The rows for which the viewer, who is no manager, has a permission; null when they lack it. */
function heldScope({ permissions, reach }: Viewer, permission: string): RowScope | null {
  return (permissions.has(permission) && reach.scopes.get(permission)) || null;
}

/** The permissions of a viewer who is not a manager, with their scopes. */
export function grantsOf(viewer: Viewer): Grants {
  const { permissions, reach } = viewer;
  return new Map([...reach.scopes].filter(([permission]) => permissions.has(permission)));
}

/**
 * The users whose rows the viewer may reach with a permission: ids of users, or everybody, which stands for rows without
 * an owner too. Nobody's without the permission. Who heads a department reads of its people what everybody reads of
 * themselves.
 */
export function visibleOwners(viewer: Viewer, permission: PermissionCode): 'everybody' | readonly string[] {
  if (viewer.role === 'manager') return 'everybody';
  switch (heldScope(viewer, permission)) {
    case 'ALL':
      return 'everybody';
    case 'DEPARTMENT':
      return withHeaded(viewer, permission, viewer.reach.colleagueIds);
    case 'OWN':
      return withHeaded(viewer, permission, [viewer.userId]);
    case null:
      return [];
  }
}

function withHeaded(
  { reach: { headedIds } }: Viewer,
  permission: PermissionCode,
  owners: readonly string[],
): readonly string[] {
  if (headedIds.length === 0 || !isHeadedRead(permission)) return owners;
  return [...new Set([...owners, ...headedIds])];
}

/**
 * Those of the grants that go beyond what the viewer has: permissions that they lack, and, with the scope in
 * parentheses, ones that they have for fewer rows.
 */
export function missingPermissions(viewer: Viewer, grants: Grants): string[] {
  if (viewer.role === 'manager') return [];
  return [...grants].flatMap(([permission, scope]) => {
    const held = heldScope(viewer, permission);
    if (held === null) return [permission];
    return isNarrower(held, scope) ? [`${permission} (${scope})`] : [];
  });
}

/**
 * The id to write into `created_by` and its siblings: a tenant's own user, or null for a manager, who is no
 * row of the tenant's `users`.
 */
export function auditUserId(viewer: Viewer): string | null {
  return viewer.role === 'manager' ? null : viewer.userId;
}
