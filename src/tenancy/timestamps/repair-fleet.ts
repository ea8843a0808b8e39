import type { CentralClient } from '../../db/central-client.ts';
import type { Datasource } from '../../db/datasource.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { type RepairOptions, repairTimestamps, type TimestampReport } from './repair-timestamps.ts';
import { centralTables, tenantTables } from './written-columns.ts';

/** The dependencies of repairing a fleet. */
export interface TimestampTools {
  readonly central: CentralClient;
  readonly secrets: Pick<TenantSecrets, 'read'>;
  /** Null when the central database is left out. */
  readonly centralOwner: Datasource | null;
}

/** The outcome for one database; `tenantKey` is null for the central one. */
export interface DatabaseTimestamps extends Omit<TimestampReport, 'outcome'> {
  readonly tenantKey: string | null;
  readonly outcome: TimestampReport['outcome'] | 'failed';
}

/** A tenant was named that does not exist. */
export class UnknownTenantError extends Error {
  override readonly name = 'UnknownTenantError';
}

/**
 * Checks the timestamps of tenants' databases and of the central one, one after the other, and mends them if told to.
 * One that fails does not stop the others.
 * @param tenantKeys only these tenants; if empty, all that have a database.
 * @throws {UnknownTenantError}
 */
export async function repairFleetTimestamps(
  { central, secrets, centralOwner }: TimestampTools,
  tenantKeys: readonly string[],
  options: RepairOptions,
): Promise<DatabaseTimestamps[]> {
  const tenants = await central.tenant.findMany({
    where:
      tenantKeys.length > 0
        ? { tenantKey: { in: [...tenantKeys] } }
        : { status: { in: ['active', 'suspended'] } },
    orderBy: { tenantKey: 'asc' },
  });
  const unknown = tenantKeys.filter((key) => !tenants.some(({ tenantKey }) => tenantKey === key));
  if (unknown.length > 0) throw new UnknownTenantError(`There is no tenant ${unknown.join(', ')}.`);
  const reports: DatabaseTimestamps[] = [];
  for (const tenant of tenants) {
    reports.push(
      await attempt(tenant.tenantKey, async () => {
        const owner = await ownerDatasource(tenant, secrets);
        if (!owner) throw new Error('It has no owner role yet: run migrate-all-tenants first.');
        return repairTimestamps(owner, tenantTables, options);
      }),
    );
  }
  if (centralOwner) {
    reports.push(await attempt(null, () => repairTimestamps(centralOwner, centralTables, options)));
  }
  return reports;
}

async function attempt(
  tenantKey: string | null,
  work: () => Promise<TimestampReport>,
): Promise<DatabaseTimestamps> {
  try {
    return { tenantKey, ...(await work()) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { tenantKey, outcome: 'failed', zone: null, witnesses: 0, rows: 0, reason };
  }
}
