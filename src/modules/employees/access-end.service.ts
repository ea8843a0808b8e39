import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import { type Actor, auditUserId, hasPermission } from '../../auth/viewer.ts';
import { dateToDay } from '../../calendar/days.ts';
import { tenantIdentity } from '../../db/identity-database.ts';
import type { TenantTransaction } from '../../db/tenant-client.ts';
import type { RowOf } from '../../entities/entity.ts';
import { ForbiddenError, message } from '../../errors/index.ts';
import { assertAdministratorRemains, assertMayManage } from '../users/user-guards.service.ts';

/** The year that no text of a moment goes beyond. */
const lastYear = 9_999;

/** The moment when a last day is over in a time zone; null for no last day, and for one that is as good as none. */
export function accessEndOf(leftOn: Date | null, timeZone: string): Date | null {
  if (leftOn === null) return null;
  const end = dateToDay(leftOn).add({ days: 1 });
  if (end.year > lastYear) return null;
  return new Date(end.toZonedDateTime(timeZone).epochMilliseconds);
}

/**
 * Ends a user's access with their employment, or gives it back: to be called in the transaction, of changes of identity,
 * that has changed the employee whose account it is. Who is no employee any more keeps the end that they have.
 * @param isLinked whether it was not the employee's account before. What it had lost comes back by that only from whoever
 * may write users.
 * @throws {LastAdministratorError} when no administrator would be left whose access does not end.
 * @throws {ForbiddenError} when the viewer would lock themselves out, and for a user who may do more than they.
 */
export async function followEmployment(
  transaction: TenantTransaction,
  actor: Actor,
  { userId, leftOn }: Pick<RowOf<'Employee'>, 'userId' | 'leftOn'>,
  timeZone: string,
  isLinked: boolean,
): Promise<void> {
  if (userId === null) return;
  const accessEndsAt = accessEndOf(leftOn, timeZone);
  const { roleId, ...user } = await transaction.user.findUniqueOrThrow({
    where: { id: userId },
    select: { accessEndsAt: true, roleId: true },
  });
  if (user.accessEndsAt?.getTime() === accessEndsAt?.getTime()) return;
  await assertMayManage(transaction, actor.viewer, { id: userId, roleId });
  const givesBack = user.accessEndsAt !== null && (accessEndsAt === null || accessEndsAt > user.accessEndsAt);
  if (isLinked && givesBack && !hasPermission(actor.viewer, 'users:write')) {
    throw new ForbiddenError(message('forbidden.permission', { permission: 'users:write' }));
  }
  if (hasEnded(accessEndsAt) && userId === actor.viewer.userId) {
    throw new ForbiddenError(message('forbidden.deactivateSelf'));
  }
  await transaction.user.update({
    where: { id: userId },
    data: { accessEndsAt, updatedBy: auditUserId(actor.viewer) },
    select: { id: true },
  });
  if (accessEndsAt !== null) await assertAdministratorRemains(transaction);
  // Those from before an absence don't come back either.
  if (hasEnded(accessEndsAt) || hasEnded(user.accessEndsAt)) {
    await revokeSessions(tenantIdentity(transaction), { accountId: userId }, 'account');
  }
  await recordAudit(transaction, actor, {
    action: 'user.update',
    entityType: 'User',
    entityId: userId,
    changes: changesBetween(user, { accessEndsAt }),
  });
}

const hasEnded = (end: Date | null): boolean => end !== null && end.getTime() <= Date.now();
