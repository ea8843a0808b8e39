import type { PermissionCode } from '../../auth/permissions.ts';
import { ForbiddenError, message } from '../../errors/index.ts';
import type { Context } from '../../graphql/context.ts';
import { parseId } from '../../graphql/global-id.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { assertMayManageUser } from '../users/user-guards.service.ts';
import { managerRealm, type Realm, tenantRealm } from './realm.service.ts';

/** An account and where its sessions are kept. */
export interface SessionOwner {
  readonly realm: Realm;
  readonly accountId: string;
}

/** Where the viewer's own account is kept. A manager's is not in the tenant that they have entered. */
export function ownRealm(context: Context): Realm {
  const { viewer } = context;
  if (viewer.role !== 'manager') return tenantRealm(context.db, context.tenant.tenantKey);
  if (viewer.tenantKey !== null) throw new ForbiddenError(message('forbidden.user'));
  return managerRealm(context.sessions.central);
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
  return { realm: tenantRealm(context.db, context.tenant.tenantKey), accountId };
}
