import { counted } from '../../scripts/support/script.ts';
import type { CentralClient } from '../../src/db/central-client.ts';
import { tenantMigrations } from '../../src/tenancy/tenant-migrations.ts';

/**
 * Says which tenants in service lack migrations of this version, and how to apply them; null when none does. It believes
 * the tenants' records: to ask every database takes longer than a start may.
 */
export async function describeLackingMigrations(central: CentralClient): Promise<string | null> {
  const [migrations, tenants] = await Promise.all([
    tenantMigrations(),
    central.tenant.findMany({
      where: { status: { in: ['active', 'suspended'] } },
      select: { schemaVersion: true },
    }),
  ]);
  const lacking = tenants
    .map(({ schemaVersion }) => migrations.filter((name) => name > (schemaVersion ?? '')).length)
    .filter((count) => count > 0);
  if (lacking.length === 0) return null;
  const most = counted(Math.max(...lacking), 'migration');
  const many = new Set(lacking).size > 1 ? `up to ${most}` : most;
  const verb = lacking.length === 1 ? 'lacks' : 'lack';
  return `${counted(lacking.length, 'tenant')} ${verb} ${many}: npx tsx scripts/migrate-all-tenants.ts`;
}
