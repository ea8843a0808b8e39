import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { TenantChangeError } from '../tenant-change-error.ts';

/**
 * Runs `work` while no other process changes the tenant's credentials or its place.
 * @throws {TenantChangeError} when one does.
 */
export async function withCredentialsLock<T>(
  centralDatabaseUrl: string,
  tenantKey: string,
  work: () => Promise<T>,
): Promise<T> {
  const done = await withExclusiveLock(centralDatabaseUrl, `tenant-credentials:${tenantKey}`, work);
  if (!done) {
    throw new TenantChangeError(
      `Another process is changing the credentials of tenant ${tenantKey} right now.`,
    );
  }
  return done.result;
}
