import type { Platform } from '../../tenancy/platform/platform.ts';

/** Runs a tenant's change and tells every process, even if the answer was lost: the change may have been made. */
export async function heard<T>(platform: Platform, tenantKey: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } finally {
    await platform.invalidate(tenantKey);
  }
}
