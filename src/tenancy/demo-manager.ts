import type { CentralClient } from '../db/central-client.ts';
import { demoPassword } from './demo-tenants.ts';
import { createManager } from './platform/manager-accounts.ts';

/** The manager that a newcomer finds, with {@link demoPassword}. */
export const demoManager = {
  username: 'operator',
  email: 'operator@example.com',
  fullName: 'Olivia Operator',
} as const;

/** Makes the demo manager when it is missing; one that has been changed, or deleted, stays so. */
export async function ensureDemoManager(central: CentralClient): Promise<void> {
  const { username } = demoManager;
  const known = await central.manager.findUnique({ where: { username }, select: { id: true } });
  if (!known) await createManager(central, { ...demoManager, password: demoPassword }, 'development');
}
