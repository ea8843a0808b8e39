import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { ProvisioningUnderWayError } from './provisioning-error.ts';

/** The name of the lock that is held while somebody works on an unfinished tenant. */
export function provisioningLock(tenantKey: string): string {
  return `provision-tenant:${tenantKey}`;
}

/**
 * Runs `work` while no other process provisions or removes the tenant.
 * @throws {ProvisioningUnderWayError} when one does.
 */
export async function withProvisioningLock<T>(
  { centralDatabaseUrl }: { readonly centralDatabaseUrl: string },
  tenantKey: string,
  work: () => Promise<T>,
): Promise<T> {
  const done = await withExclusiveLock(centralDatabaseUrl, provisioningLock(tenantKey), work);
  if (!done) throw new ProvisioningUnderWayError(tenantKey);
  return done.result;
}
