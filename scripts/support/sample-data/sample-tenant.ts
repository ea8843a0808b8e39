import type { DataKeyTools } from '../../../src/tenancy/data-keys/data-keys.ts';
import { createTenantSealer } from '../../../src/tenancy/data-keys/tenant-sealer.ts';
import { readTenant } from '../../../src/tenancy/tenant.ts';
import { timeZoneOf } from '../../../src/tenancy/time-zone.ts';
import type { SampleDataOptions } from './write-sample-data.ts';

/** Returns the facts about a tenant that its sample data depends on. @throws when there is no such tenant. */
export async function describeSampleTenant(
  tools: DataKeyTools,
  tenantKey: string,
): Promise<Pick<SampleDataOptions, 'timeZone' | 'maxUsers' | 'sealer'>> {
  const tenant = await readTenant(tools.central, tenantKey);
  if (!tenant) throw new Error(`There is no tenant ${tenantKey}.`);
  return {
    timeZone: timeZoneOf(tenant),
    maxUsers: tenant.maxUsers,
    sealer: createTenantSealer(tools, tenant, tenant.dataKeys),
  };
}
