import { missingPermissions, type Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { LastAdministratorError, NotFoundError, SeatLimitReachedError } from '../../errors/index.ts';
import { beyondOwn } from '../roles/beyond-own.service.ts';
import { assertMayGrantRole, findLiveRole } from '../roles/role-grants.service.ts';

/** Users who take a seat of the plan. */
const seated = { deletedAt: null, isActive: true } as const;

/**
 * Nobody changes a user who may do more than they: otherwise a new password or address would be a way to their rights.
 * @throws {ForbiddenError} naming the rights that the viewer lacks, if they may know what the user may do.
 */
export async function assertMayManage(
  db: TenantDatabase,
  viewer: Viewer,
  { id, roleId }: { readonly id: string; readonly roleId: string | null },
): Promise<void> {
  if (id === viewer.userId || roleId === null) return;
  // Only a deleted user may still have a deleted role, which grants nothing.
  const role = await findLiveRole(db, roleId);
  const missing = missingPermissions(viewer, role?.scopes ?? new Map());
  if (missing.length > 0) throw beyondOwn(viewer, 'user', missing);
}

/**
 * {@link assertMayManage} for a live user of that id.
 * @throws {NotFoundError} when there is none.
 */
export async function assertMayManageUser(db: TenantDatabase, viewer: Viewer, id: string): Promise<void> {
  const user = await db.user.findUnique({ where: { id, deletedAt: null }, select: { roleId: true } });
  if (!user) throw new NotFoundError('User');
  await assertMayManage(db, viewer, { id, roleId: user.roleId });
}

/**
 * @throws {ForbiddenError} when the viewer lacks something that a role grants. A role that is not there is no matter:
 * references are checked for that.
 */
export async function assertMayGiveRole(
  db: TenantDatabase,
  viewer: Viewer,
  roleId: string | null | undefined,
): Promise<void> {
  const role = roleId ? await findLiveRole(db, roleId) : null;
  if (role) assertMayGrantRole(viewer, role);
}

/**
 * To be called after a change, in its transaction.
 * @throws {LastAdministratorError} when no active administrator is left, or none whose access does not end.
 */
export async function assertAdministratorRemains(transaction: TenantTransaction): Promise<void> {
  const administrators = await transaction.user.count({
    where: {
      ...seated,
      accessEndsAt: null,
      role: { code: 'tenant_admin', isSystemRole: true, deletedAt: null },
    },
  });
  if (administrators === 0) throw new LastAdministratorError();
}

/** @throws {SeatLimitReachedError} when no seat is left for one more user. */
export async function assertSeatIsFree(db: TenantDatabase, maxUsers: number): Promise<void> {
  if ((await db.user.count({ where: seated })) >= maxUsers) throw new SeatLimitReachedError(maxUsers);
}

/**
 * Runs a change that may take a seat.
 * @throws {SeatLimitReachedError} when more users are active than before, and than the plan has seats.
 */
export async function withinSeats<T>(
  transaction: TenantTransaction,
  maxUsers: number,
  change: () => Promise<T>,
): Promise<T> {
  const before = await transaction.user.count({ where: seated });
  const result = await change();
  const taken = await transaction.user.count({ where: seated });
  if (taken > before && taken > maxUsers) throw new SeatLimitReachedError(maxUsers);
  return result;
}
