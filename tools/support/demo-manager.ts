import type { CentralClient } from '../../src/db/central-client.ts';
import { createManager } from '../../src/tenancy/platform/manager-accounts.ts';
import type { ManagerTools } from '../../src/tenancy/platform/manager-changes.ts';
import { demoAuthor, demoPassword } from './demo-tenants.ts';

/** The manager that a newcomer finds, with {@link demoPassword}. */
export const demoManager = {
  username: 'operator',
  email: 'operator@example.com',
  fullName: 'Olivia Operator',
} as const;

/** Creates the demo manager when it is missing; one that has been changed, or deleted, stays so. */
export async function ensureDemoManager(tools: ManagerTools): Promise<void> {
  const { username } = demoManager;
  const known = await tools.central.manager.findUnique({ where: { username }, select: { id: true } });
  if (!known) await createManager(tools, { ...demoManager, password: demoPassword }, 'development');
}

/** Returns whether the platform has tenants or managers that aren't the demo's: real people may work there. */
export async function hasOtherAccounts(central: CentralClient): Promise<boolean> {
  const [tenants, managers] = await Promise.all([
    central.tenant.count({ where: { OR: [{ createdBy: null }, { createdBy: { not: demoAuthor } }] } }),
    central.manager.count({ where: { username: { not: demoManager.username } } }),
  ]);
  return tenants + managers > 0;
}
