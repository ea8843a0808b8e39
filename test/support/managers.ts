import { randomUUID } from 'node:crypto';
import type { CentralClient } from '../../src/db/central-client.ts';
import { accessClaims, type Claims } from './tokens.ts';

/** A manager of the platform, made past the application. */
export interface TestManager {
  readonly id: string;
  readonly username: string;
}

/** Creates a manager, and a session with the manager's id, as the tests' tokens expect. */
export async function createManager(central: CentralClient, passwordHash = 'none'): Promise<TestManager> {
  const id = randomUUID();
  const username = `manager-${id}`;
  await central.manager.create({
    data: {
      id,
      username,
      email: `${id}@platform.test`,
      fullName: 'Manager',
      passwordHash,
      sessions: { create: { id, expiresAt: new Date(Date.now() + 86_400_000) } },
    },
  });
  return { id, username };
}

/** The claims of a manager’s access token that is good in every respect, in a tenant or in none. */
export function managerClaims({ id }: TestManager, tenantKey: string | null): Claims {
  return { ...accessClaims('', id), tenant_key: tenantKey, role: 'manager', permissions: [] };
}
