import { changesBetween } from '../../audit/audit-entry.ts';
import type { Datasource } from '../../config/datasource.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { forEachTenant, selectTenants, statusesInService } from '../fleet/for-each-tenant.ts';
import { findLeftOut } from '../left-out.ts';
import { recordAround } from '../operator.ts';
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
  /** `left-out` for a tenant that is not in service, with the reason. */
  readonly outcome: TimestampReport['outcome'] | 'failed' | 'left-out';
}

/**
 * Checks the timestamps of tenants' databases and of the central one, one after the other, and mends them if told to.
 * One that fails does not stop the others.
 * @param tenantKeys only these tenants; if empty, all active and suspended ones; the others are reported as left out.
 * @throws {UnknownTenantError}
 */
export async function repairFleetTimestamps(
  { central, secrets, centralOwner }: TimestampTools,
  tenantKeys: readonly string[],
  options: RepairOptions,
): Promise<DatabaseTimestamps[]> {
  const where = await selectTenants(central, tenantKeys);
  // First, since the tenants' repairs are recorded there: a central database with right records besides wrong ones is
  // harder to mend.
  const centralReport =
    centralOwner && (await attempt(null, () => repairTimestamps(centralOwner, centralTables, options)));
  const reports = await forEachTenant(
    { pageSize: 100, concurrency: 1 },
    (page) => central.tenant.findMany({ ...page, where: { AND: [page.where, where] } }),
    (tenant) =>
      attempt(tenant.tenantKey, async () => {
        const owner = await ownerDatasource(tenant, secrets);
        if (!owner) throw new Error('It has no owner role yet: run migrate-all-tenants first.');
        return repairRecorded(central, tenant.tenantKey, owner, options);
      }),
  );
  if (tenantKeys.length === 0) {
    for (const { tenantKey, reason } of await findLeftOut(central, statusesInService)) {
      reports.push({ tenantKey, outcome: 'left-out', ...nothingSeen, reason });
    }
  }
  return centralReport ? [...reports, centralReport] : reports;
}

const nothingSeen = { zone: null, witnesses: 0, rows: 0 } as const;

/** Mends a tenant's database if it is wrong, and records before and after who does it. */
async function repairRecorded(
  central: CentralClient,
  tenantKey: string,
  owner: Datasource,
  options: RepairOptions,
): Promise<TimestampReport> {
  const found = await repairTimestamps(owner, tenantTables, { ...options, apply: false });
  if (!options.apply || found.outcome !== 'wrong') return found;
  return recordAround(
    { central, operator: { kind: 'script', name: options.operator } },
    {
      action: 'timestamps.repair',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween({ zone: found.zone }, { zone: 'UTC' }),
    },
    tenantKey,
    () => repairTimestamps(owner, tenantTables, options),
    ({ outcome, rows, reason }) => changesBetween(null, { outcome, rows, reason }),
  );
}

async function attempt(
  tenantKey: string | null,
  work: () => Promise<TimestampReport>,
): Promise<DatabaseTimestamps> {
  try {
    return { tenantKey, ...(await work()) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { tenantKey, outcome: 'failed', ...nothingSeen, reason };
  }
}
