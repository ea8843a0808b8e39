import type { PermissionCode } from './permissions.ts';

/** The kinds of people that sign in: managers run the platform, the others belong to one tenant. */
export const viewerRoles = ['manager', 'tenant_admin', 'tenant_user'] as const;

/** One kind of viewer. */
export type ViewerRole = (typeof viewerRoles)[number];

/** Who makes this request: what the verified access token says, less what has been taken away since. */
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
}

/** What an access token says of its bearer. */
export type AccessGrant = Omit<Viewer, 'username'>;

/** The rights of a token's bearer, from the database. */
type LiveRights = Pick<Viewer, 'username' | 'role' | 'permissions'>;

/** The viewer of each grant that was narrowed last: the same for every request until the database is read anew. */
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
  };
}

/** A viewer at work: what a change needs to know of the request that asks for it. */
export interface Actor {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Where the request came from; null when there is no network. */
  readonly address: string | null;
}

/** Whether the viewer may do what `permission` names. A manager may do everything. */
export function hasPermission(viewer: Viewer, permission: PermissionCode): boolean {
  return viewer.role === 'manager' || viewer.permissions.has(permission);
}

/** Those of the permissions that the viewer lacks. */
export function missingPermissions(viewer: Viewer, permissions: readonly string[]): string[] {
  return viewer.role === 'manager' ? [] : permissions.filter((code) => !viewer.permissions.has(code));
}

/**
 * The id to write into `created_by` and its siblings: a tenant's own user, or null for a manager, who is no
 * row of the tenant's `users`.
 */
export function auditUserId(viewer: Viewer): string | null {
  return viewer.role === 'manager' ? null : viewer.userId;
}
