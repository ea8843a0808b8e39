import type { PermissionCode } from '../../auth/permissions.ts';
import { findOpenSession, type OpenSession } from '../../auth/sessions/sessions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { managerIdentity, tenantIdentity } from '../../db/identity-database.ts';
import { ForbiddenError, message } from '../../errors/index.ts';
import type { Context } from '../../graphql/context.ts';
import { parseId } from '../../graphql/global-id.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { managerRealm, type Realm, tenantRealm, tenantRealmInTurn } from '../../sign-in/realm.ts';
import { assertMayManageUser } from '../users/user-guards.service.ts';

/** An account and where its sessions are kept. */
export interface SessionOwner {
  readonly realm: Realm;
  readonly accountId: string;
}

/** The realm of the viewer's own account, for changes that need their session to be alive. */
export function ownRealm(context: Context): Realm {
  const { viewer, sessions } = context;
  if (viewer.role !== 'manager') return realmOfTenant(context);
  assertInNoTenant(viewer);
  return managerRealm(sessions.central, sessions.live, viewer);
}

/** The realm of the viewer's own account, for ending or prolonging their session, which takes no right. */
export function realmOfSession(context: Context): Realm {
  const { viewer, sessions } = context;
  if (viewer.role !== 'manager') return tenantRealm(context.db, context.tenant.tenantKey, sessions.live);
  assertInNoTenant(viewer);
  return managerRealm(sessions.central, sessions.live, null);
}

/** The viewer's session, a manager's too wherever they are; null when it has just ended. */
export function findOwnSession(context: Context): Promise<OpenSession | null> {
  const { viewer, sessions } = context;
  const isManager = viewer.role === 'manager';
  const identity = isManager ? managerIdentity(sessions.central) : tenantIdentity(context.db);
  return findOpenSession(identity, viewer.sessionId);
}

/** Refuses managers who have entered a tenant: their account is not in it. */
function assertInNoTenant({ tenantKey }: Viewer): void {
  if (tenantKey !== null) throw new ForbiddenError(message('forbidden.managerInTenant'));
}

function realmOfTenant(context: Context): Realm {
  return tenantRealmInTurn(context.db, context.tenant.tenantKey, (work) => context.changeIdentity(work));
}

/**
 * Whose sessions a field is about: the viewer's own, or those of a user of the tenant who may do no more than they.
 * @param userId another user's id, or nothing.
 * @throws {ForbiddenError} when the viewer lacks the permission, or may do less than the user.
 * @throws {NotFoundError} when there is no such user.
 */
export async function sessionOwner(
  context: Context,
  userId: string | null | undefined,
  permission: PermissionCode,
): Promise<SessionOwner> {
  if (userId == null) return { realm: ownRealm(context), accountId: context.viewer.userId };
  const accountId = parseId('User', userId, ['userId']);
  if (accountId === context.viewer.userId) return { realm: ownRealm(context), accountId };
  assertPermission(context, permission);
  await assertMayManageUser(context.db, context.viewer, accountId);
  return { realm: realmOfTenant(context), accountId };
}
