import { changesBetween } from '../../audit/audit-entry.ts';
import { revokeSessions } from '../../auth/sessions/sessions.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient, CentralTransaction } from '../../db/central-client.ts';
import { managerIdentity } from '../../db/identity-database.ts';
import { ForbiddenError, message, NotFoundError } from '../../errors/index.ts';
import { changeManagers, type ManagerRow } from './manager-changes.ts';

/**
 * Keeps a manager from signing in, and ends their sessions. One who is disabled already stays so. Nobody disables
 * themselves, and only one manager is changed at a time: so an active one always remains.
 * @param reason why, for the audit log.
 * @param tell has every process read the managers' sessions again.
 * @throws {NotFoundError} when there is no such manager.
 * @throws {ForbiddenError} for oneself.
 */
export async function disableManager(
  central: CentralClient,
  actor: Actor,
  managerId: string,
  reason: string | null,
  tell: () => Promise<void>,
): Promise<ManagerRow> {
  if (managerId === actor.viewer.userId) throw new ForbiddenError(message('forbidden.disableSelf'));
  const disabled = changeManagers(central, actor, async ({ transaction, record }) => {
    const { changed, manager } = await setActive(transaction, managerId, false);
    if (!changed) return manager;
    await revokeSessions(managerIdentity(transaction), { accountId: managerId }, 'account');
    const changes = changesBetween({ isActive: true }, { isActive: false, reason });
    await record('manager.disable', managerId, changes);
    return manager;
  });
  // Also if the answer was lost: the sessions may have ended.
  return disabled.finally(tell);
}

/**
 * Lets a disabled manager sign in again, with the password that they had. One who is active stays so.
 * @throws {NotFoundError} when there is no such manager.
 */
export function enableManager(central: CentralClient, actor: Actor, managerId: string): Promise<ManagerRow> {
  return changeManagers(central, actor, async ({ transaction, record }) => {
    const { changed, manager } = await setActive(transaction, managerId, true);
    if (changed) {
      await record('manager.enable', managerId, changesBetween({ isActive: false }, { isActive: true }));
    }
    return manager;
  });
}

async function setActive(
  transaction: CentralTransaction,
  id: string,
  isActive: boolean,
): Promise<{ readonly changed: boolean; readonly manager: ManagerRow }> {
  const { count } = await transaction.manager.updateMany({
    where: { id, deletedAt: null, isActive: !isActive },
    data: { isActive },
  });
  const manager = await transaction.manager.findUnique({ where: { id, deletedAt: null } });
  if (!manager) throw new NotFoundError('Manager');
  return { changed: count > 0, manager };
}
