import pMap from 'p-map';
import type { CentralClient } from '../../db/central-client.ts';
import type { Datasource } from '../../db/datasource.ts';
import {
  applyMigrations,
  type PendingMigrations,
  pendingMigrations,
} from '../../db/schema-engine/schema-engine.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { CredentialsEnvelope } from '../credentials-envelope.ts';
import { tenantDatasource } from '../tenant.ts';
import { latestMigration, tenantMigrationsFolder } from '../tenant-migrations.ts';
import { deployWithCli } from './deploy-with-cli.ts';

/** How a fleet is migrated. */
export interface FleetMigrationOptions {
  /** `wasm` migrates in this process; `cli` runs `prisma migrate deploy` for each tenant. Both do the same. */
  readonly engine: 'wasm' | 'cli';
  /** Tenants migrated at a time. */
  readonly concurrency: number;
  /** Only these tenants, whatever their status; all active ones when empty. */
  readonly tenantKeys: readonly string[];
  /** Only find out what each tenant lacks. */
  readonly dryRun: boolean;
}

/** How one tenant came out of it. */
export interface TenantMigrationReport {
  readonly tenantKey: string;
  readonly status: 'migrated' | 'up-to-date' | 'pending' | 'failed';
  /** The migrations applied, or in a dry run lacking. */
  readonly migrations: readonly string[];
  /** Why it failed, or null. */
  readonly error: string | null;
  readonly milliseconds: number;
}

/** What migrating works with. */
export interface FleetMigrationTools {
  readonly central: CentralClient;
  readonly envelope: CredentialsEnvelope;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
}

/** A tenant named for migration does not exist. */
export class UnknownTenantError extends Error {
  override readonly name = 'UnknownTenantError';
}

/**
 * Brings tenants' databases to the newest schema. One tenant's failure does not keep the others from theirs.
 * @param onReport hears of each tenant as it is done.
 * @returns one report per tenant, by key.
 * @throws {UnknownTenantError} before anything is done, when a named tenant does not exist.
 */
export async function migrateFleet(
  tools: FleetMigrationTools,
  options: FleetMigrationOptions,
  onReport: (report: TenantMigrationReport, total: number) => void = () => {},
): Promise<TenantMigrationReport[]> {
  const tenants = await selectTenants(tools.central, options.tenantKeys);
  const newest = await latestMigration();
  return pMap(
    tenants,
    async (tenant) => {
      const report = await migrateTenant(tools, tenant, options, newest);
      onReport(report, tenants.length);
      return report;
    },
    { concurrency: options.concurrency },
  );
}

async function selectTenants(central: CentralClient, tenantKeys: readonly string[]): Promise<TenantRow[]> {
  const tenants = await central.tenant.findMany({
    where: tenantKeys.length === 0 ? { status: 'active' } : { tenantKey: { in: [...tenantKeys] } },
    orderBy: { tenantKey: 'asc' },
  });
  const found = new Set(tenants.map(({ tenantKey }) => tenantKey));
  const unknown = tenantKeys.filter((tenantKey) => !found.has(tenantKey));
  if (unknown.length > 0) throw new UnknownTenantError(`There is no tenant ${unknown.join(', ')}.`);
  return tenants;
}

async function migrateTenant(
  tools: FleetMigrationTools,
  tenant: TenantRow,
  options: FleetMigrationOptions,
  newest: string | null,
): Promise<TenantMigrationReport> {
  const { tenantKey } = tenant;
  const started = performance.now();
  const report = (
    status: TenantMigrationReport['status'],
    migrations: readonly string[],
    error: string | null = null,
  ) => ({
    tenantKey,
    status,
    migrations,
    error,
    milliseconds: Math.round(performance.now() - started),
  });
  try {
    const datasource = tenantDatasource(tenant, tools.envelope);
    const before = await pendingMigrations(datasource, tenantMigrationsFolder);
    assertNotAhead(before);
    // A migration that another run is applying right now looks like one that failed: the engine waits and tells.
    const lacking = [...before.failed, ...before.pending];
    if (options.dryRun) return report(lacking.length > 0 ? 'pending' : 'up-to-date', lacking);
    const applied = lacking.length > 0 ? await apply(datasource, options.engine) : [];
    if (tenant.schemaVersion !== newest) {
      await tools.central.tenant.update({ where: { tenantKey }, data: { schemaVersion: newest } });
      await tools.invalidate(tenantKey);
    }
    return report(applied.length > 0 ? 'migrated' : 'up-to-date', applied);
  } catch (error) {
    return report('failed', [], error instanceof Error ? error.message.trim() : String(error));
  }
}

/** Applies what is lacking, taking turns with other runs. @returns the migrations applied by this run. */
async function apply(datasource: Datasource, engine: FleetMigrationOptions['engine']): Promise<string[]> {
  switch (engine) {
    case 'wasm':
      return (await applyMigrations(datasource, tenantMigrationsFolder)).applied;
    case 'cli':
      return deployWithCli(datasource);
  }
}

/** A database that is ahead of this program is for a newer one. */
function assertNotAhead({ missing }: PendingMigrations): void {
  if (missing.length > 0) {
    throw new Error(`The database has migrations that this version does not know: ${missing.join(', ')}.`);
  }
}
