import { changesBetween } from '../../audit/audit-entry.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralTransaction } from '../../db/central-client.ts';
import { reasonSchema } from '../../db/text.ts';
import { ForbiddenError, message, NotFoundError, parseInput } from '../../errors/index.ts';
import { changeManagers, type ManagerTools } from './manager-changes.ts';
import { type ManagerRow, managerColumns } from './managers.ts';

/**
 * Keeps a manager from signing in, and ends their sessions. One who is disabled already stays so. Nobody disables
 * themselves, and only one manager is changed at a time: so an active one always remains.
 * @param reason why, for the audit log; 1 to 500 characters.
 * @throws {NotFoundError} when there is no such manager.
 * @throws {ForbiddenError} for oneself.
 */
export async function disableManager(
  tools: ManagerTools,
  actor: Actor,
  managerId: string,
  reason: string | null | undefined,
): Promise<ManagerRow> {
  if (managerId === actor.viewer.userId) throw new ForbiddenError(message('forbidden.disableSelf'));
  const why = parseInput(reasonSchema.nullish(), reason, ['reason']) ?? null;
  return changeManagers(tools, actor, async ({ transaction, sessions, record }) => {
    const { changed, manager } = await setActive(transaction, managerId, false);
    if (!changed) return manager;
    await sessions.revokeSessions({ accountId: managerId }, 'account');
    const changes = changesBetween({ isActive: true }, { isActive: false, reason: why });
    await record('manager.disable', managerId, changes);
    return manager;
  });
}

/**
 * Re-enables a disabled manager, who keeps their password. An active one is not changed.
 * @throws {NotFoundError} when there is no such manager.
 */
export function enableManager(tools: ManagerTools, actor: Actor, managerId: string): Promise<ManagerRow> {
  return changeManagers(tools, actor, async ({ transaction, record }) => {
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
  const manager = await transaction.manager.findUnique({
    where: { id, deletedAt: null },
    select: managerColumns,
  });
  if (!manager) throw new NotFoundError('Manager');
  return { changed: count > 0, manager };
}
