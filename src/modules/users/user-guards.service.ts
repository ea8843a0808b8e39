import { missingPermissions, type Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import { LastAdministratorError, NotFoundError, SeatLimitReachedError } from '../../errors/index.ts';
import { beyondOwn } from '../roles/beyond-own.service.ts';
import { grantsSelection, type RoleGrants, roleGrants } from '../roles/role.service.ts';

/** Users who take a seat of the plan. */
const seated = { deletedAt: null, isActive: true } as const;

/**
 * Nobody changes a user who may do more than they: otherwise a new password or address would be a way to their rights.
 * @throws {ForbiddenError} naming the rights that the viewer lacks, if they may know what the user may do.
 */
export function assertMayManage(
  viewer: Viewer,
  user: { readonly id: string; readonly role: RoleGrants | null },
): void {
  if (user.id === viewer.userId) return;
  const missing = missingPermissions(viewer, user.role?.scopes ?? new Map());
  if (missing.length > 0) throw beyondOwn(viewer, 'user', missing);
}

/**
 * {@link assertMayManage} for a live user of that id.
 * @throws {NotFoundError} when there is none.
 */
export async function assertMayManageUser(db: TenantDatabase, viewer: Viewer, id: string): Promise<void> {
  const user = await db.user.findUnique({
    where: { id, deletedAt: null },
    select: { id: true, role: { select: grantsSelection } },
  });
  if (!user) throw new NotFoundError('User');
  assertMayManage(viewer, { id: user.id, role: user.role && roleGrants(user.role) });
}

/**
 * To be called after a change, in its transaction.
 * @throws {LastAdministratorError} when no active administrator is left.
 */
export async function assertAdministratorRemains(transaction: TenantTransaction): Promise<void> {
  const administrators = await transaction.user.count({
    where: { ...seated, role: { code: 'tenant_admin', isSystemRole: true, deletedAt: null } },
  });
  if (administrators === 0) throw new LastAdministratorError();
}

/** @throws {SeatLimitReachedError} when no seat is left for one more user. */
export async function assertSeatIsFree(db: TenantDatabase, maxUsers: number): Promise<void> {
  if ((await db.user.count({ where: seated })) >= maxUsers) throw new SeatLimitReachedError(maxUsers);
}

/**
 * To be called after a change, in its transaction.
 * @throws {SeatLimitReachedError} when more users are active than the plan has seats.
 */
export async function assertSeatsSuffice(transaction: TenantTransaction, maxUsers: number): Promise<void> {
  if ((await transaction.user.count({ where: seated })) > maxUsers) throw new SeatLimitReachedError(maxUsers);
}
