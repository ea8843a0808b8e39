import { TenantNotFoundError } from '../../errors/index.ts';
import { tenantKeySchema } from '../../tenancy/tenant-key.ts';

/** Reads an argument that names a tenant. @throws {TenantNotFoundError} when no tenant can have such a key. */
export function readTenantKey(tenantKey: string): string {
  const { success, data } = tenantKeySchema.safeParse(tenantKey);
  if (!success) throw new TenantNotFoundError();
  return data;
}

/** The description of every argument that names a tenant. */
export const tenantKeyArgument = 'The tenant’s key, e.g. `acme01`.';
