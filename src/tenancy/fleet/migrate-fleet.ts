import type { PendingMigrations } from '@cxg/prisma-schema-engine';
import pMap from 'p-map';
import { changesBetween } from '../../audit/audit-entry.ts';
import { type Datasource, serverOf } from '../../config/datasource.ts';
import { applyMigrations, pendingMigrations } from '../../db/schema-engine.ts';
import { assertNotAnothers, describeTenant, markDatabase } from '../../db/tenant-marker.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { findLeftOut } from '../left-out.ts';
import { recordAround, recordOperation } from '../operator.ts';
import { type OwnerSeparationTools, separateOwner } from '../owner-separation.ts';
import { applyRights } from '../rights/apply-rights.ts';
import { claimRoles } from '../role-claims.ts';
import { limitDatabase, limitServer, remarksOnTenant, type ServerReport } from '../server-limits.ts';
import { applicationRole } from '../sign-in-roles.ts';
import { tenantDatasource } from '../tenant.ts';
import { directAddress } from '../tenant-address.ts';
import { administrationOf } from '../tenant-administration.ts';
import { latestMigration, tenantMigrationsFolder } from '../tenant-migrations.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { isRefused } from '../tenant-tls.ts';
import { deployWithCli } from './deploy-with-cli.ts';
import { selectTenants } from './for-each-tenant.ts';

/** The options of a fleet migration. */
export interface FleetMigrationOptions {
  /** `wasm` migrates in this process; `cli` runs `prisma migrate deploy` for each tenant. Both do the same. */
  readonly engine: 'wasm' | 'cli';
  /** Tenants migrated at a time. */
  readonly concurrency: number;
  /** Only these tenants, whatever their status; all active and suspended ones when empty. */
  readonly tenantKeys: readonly string[];
  /** Leaves out suspended tenants that are not named, such as those whose databases are switched off. */
  readonly skipSuspended?: boolean;
  /** Only find out what each tenant lacks. */
  readonly dryRun: boolean;
}

/** The result for one tenant. */
export interface TenantMigrationReport {
  readonly tenantKey: string;
  readonly status: 'migrated' | 'up-to-date' | 'pending' | 'failed' | 'left-out';
  /** The migrations applied, or in a dry run lacking. */
  readonly migrations: readonly string[];
  /** True if the database got a separate owner role or, in a dry run, lacks one. */
  readonly ownerSeparated: boolean;
  /** Why it failed, or null. */
  readonly error: string | null;
  /** The reason why it was left out, or null. */
  readonly reason: string | null;
  readonly milliseconds: number;
}

/** The dependencies of the migration. */
export type FleetMigrationTools = OwnerSeparationTools;

/**
 * Brings tenants' databases to the newest schema. One tenant's failure does not keep the others from theirs. Suspended
 * ones are migrated, too: they may be resumed at any time.
 * @param onReport hears of each tenant as it is done.
 * @param onServer receives what each server still lets tenants' roles do beyond their databases; not in a dry run.
 * @returns one report per tenant, by key; then one for each that was left out, unless only named ones were asked for.
 * @throws {UnknownTenantError} before anything is done, when a named tenant does not exist.
 */
export async function migrateFleet(
  tools: FleetMigrationTools,
  options: FleetMigrationOptions,
  onReport: (report: TenantMigrationReport, total: number) => void = () => {},
  onServer: (report: ServerReport) => void = () => {},
): Promise<TenantMigrationReport[]> {
  const tenants = await tools.central.tenant.findMany({
    where: await selectTenants(tools.central, options.tenantKeys, includedStatuses(options)),
    orderBy: { tenantKey: 'asc' },
  });
  const servers = options.dryRun ? [] : await limitServers(tools, tenants);
  const newest = await latestMigration();
  const found = new Map(servers.map(({ server }) => [server, new Set<string>()]));
  const reports = await pMap(
    tenants,
    async (tenant) => {
      const report = await migrateTenant(tools, tenant, options, newest, (server, remark) => {
        found.get(server)?.add(remark);
      });
      onReport(report, tenants.length);
      return report;
    },
    { concurrency: options.concurrency },
  );
  for (const { server, remarks, failed } of servers) {
    onServer({ server, remarks: failed ? remarks : [...remarks, ...(found.get(server) ?? [])] });
  }
  return options.tenantKeys.length > 0
    ? reports
    : [...reports, ...(await reportOthers(tools, options, tenants, newest))];
}

/** Failures are only reported: migrating as the owner needs nothing of the administrator, not even its access. */
async function limitServers(
  tools: FleetMigrationTools,
  tenants: readonly TenantRow[],
): Promise<(ServerReport & { readonly failed: boolean })[]> {
  const servers = new Map<string, TenantRow | null>();
  for (const tenant of tenants) {
    // Those that are refused are reported at their turn.
    if (isRefused(tenant, tools.secrets)) continue;
    const server = serverOf(directAddress(tenant));
    if (!tenant.dbIsProvided) servers.set(server, tenant);
    else if (!servers.has(server)) servers.set(server, null);
  }
  return pMap(
    servers,
    async ([server, tenant]) => {
      // Where operators have made everything themselves, nobody administers.
      if (tenant === null) return { server, remarks: [], failed: false };
      try {
        return { ...(await limitServer(tools, administrationOf(tools, tenant))), failed: false };
      } catch (error) {
        const remark = `The administrator ${tools.tenantAdminDatasource.user} can't work there: ${messageOf(error)}`;
        return { server, remarks: [remark], failed: true };
      }
    },
    { concurrency: serversAtOnce },
  );
}

const serversAtOnce = 4;

function includedStatuses({ skipSuspended }: FleetMigrationOptions): ('active' | 'suspended')[] {
  return skipSuspended ? ['active'] : ['active', 'suspended'];
}

/**
 * Reports the tenants that were not selected. A process of an older version may have finished or resumed one since, on
 * the schema of that version.
 */
async function reportOthers(
  { central }: FleetMigrationTools,
  options: FleetMigrationOptions,
  selected: readonly TenantRow[],
  newest: string | null,
): Promise<TenantMigrationReport[]> {
  const isSelected = new Set(selected.map(({ tenantKey }) => tenantKey));
  const leftOut = await findLeftOut(central, includedStatuses(options));
  const late = await central.tenant.findMany({
    where: { status: { in: includedStatuses(options) } },
    orderBy: { tenantKey: 'asc' },
    select: { tenantKey: true, schemaVersion: true },
  });
  const nothing = { migrations: [], ownerSeparated: false, milliseconds: 0 };
  return [
    ...late
      .filter(({ tenantKey, schemaVersion }) => !isSelected.has(tenantKey) && schemaVersion !== newest)
      .map(({ tenantKey }) => ({
        ...nothing,
        tenantKey,
        status: 'failed' as const,
        error: 'It came into service while this ran, on an older schema: run it again.',
        reason: null,
      })),
    ...leftOut
      .filter(({ tenantKey }) => !isSelected.has(tenantKey))
      .map(({ tenantKey, reason }) => ({
        ...nothing,
        tenantKey,
        status: 'left-out' as const,
        error: null,
        reason,
      })),
  ];
}

/** @param onRemark receives the tenant's server, and what the administrator could not take away in the database. */
async function migrateTenant(
  tools: FleetMigrationTools,
  { tenantKey, status }: TenantRow,
  options: FleetMigrationOptions,
  newest: string | null,
  onRemark: (server: string, remark: string) => void,
): Promise<TenantMigrationReport> {
  const started = performance.now();
  const report = (
    outcome: TenantMigrationReport['status'],
    migrations: readonly string[] = [],
    ownerSeparated = false,
    error: string | null = null,
  ) => ({
    tenantKey,
    status: outcome,
    migrations,
    ownerSeparated,
    error,
    reason: null,
    milliseconds: Math.round(performance.now() - started),
  });
  try {
    // At its turn: since the run began, its owner's credentials may have been rotated.
    const tenant = await tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
    const recorded = await ownerDatasource(tenant, tools.secrets);
    const current = recorded ?? (await tenantDatasource(tenant, tools.secrets, directAddress(tenant)));
    // Without a recorded owner, a run that was cut off may have taken the record of migrations from the application.
    const known = recorded !== null || options.dryRun ? await lackingMigrations(current) : null;
    const hasMarker = await assertNotAnothers(current, tenant);
    if (options.dryRun) {
      const complete = recorded !== null && known?.length === 0;
      return report(complete ? 'up-to-date' : 'pending', known ?? [], recorded === null);
    }
    // Failures are ignored: only a rotation needs the mark, and it tries this again.
    if (recorded) await claimRoles(tools, tenant).catch(() => {});
    const owner = recorded ?? (await separateOwner(tools, tenant));
    const lacking = known ?? (await lackingMigrations(owner));
    const applied =
      lacking.length > 0 ? await applyRecorded(tools, tenant, owner, lacking, options.engine) : [];
    // These also without new migrations: an earlier run may have been cut off before this. A tenant that is older
    // than markers gets its own here, where the registry is believed once.
    if (!hasMarker) await markRecorded(tools, tenant, owner);
    const hadRights = !(await applyRights(owner, applicationRole(tenant)));
    // Failures are ignored: the server's report says what the administrator can't withdraw.
    if (!tenant.dbIsProvided) await limitDatabase(tools, tenant).catch(() => {});
    const server = serverOf(directAddress(tenant));
    for (const remark of await remarksOnTenant(tools, tenant, owner)) onRemark(server, remark);
    if (tenant.schemaVersion !== newest) {
      await recordVersion(tools, tenant, newest);
      await tools.invalidate(tenantKey);
    }
    const changed = recorded === null || !hasMarker || !hadRights || applied.length > 0;
    return report(changed ? 'migrated' : 'up-to-date', applied, recorded === null);
  } catch (error) {
    const hint = status === 'suspended' ? ' It is suspended: --skip-suspended leaves it out.' : '';
    return report('failed', [], false, `${messageOf(error)}${hint}`);
  }
}

/** Applies the missing migrations, and records before and after who does it. */
function applyRecorded(
  tools: FleetMigrationTools,
  { tenantKey }: TenantRow,
  owner: Datasource,
  lacking: readonly string[],
  engine: FleetMigrationOptions['engine'],
): Promise<string[]> {
  return recordAround(
    tools,
    {
      action: 'tenant.migrate_database',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(null, { lacking }),
    },
    tenantKey,
    () => apply(owner, engine),
    (applied) => changesBetween(null, { applied }),
  );
}

/** Writes the missing marker, and records before and after who does it. */
function markRecorded(tools: FleetMigrationTools, tenant: TenantRow, owner: Datasource): Promise<boolean> {
  const { tenantKey } = tenant;
  return recordAround(
    tools,
    {
      action: 'tenant.mark_database',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(null, { marker: describeTenant(tenant) }),
    },
    tenantKey,
    () => markDatabase(owner, tenant),
  );
}

async function recordVersion(
  tools: FleetMigrationTools,
  { tenantKey, schemaVersion: before }: TenantRow,
  schemaVersion: string | null,
): Promise<void> {
  await tools.central.$transaction(async (transaction) => {
    await transaction.tenant.update({ where: { tenantKey }, data: { schemaVersion } });
    const changes = changesBetween({ schemaVersion: before }, { schemaVersion });
    await recordOperation(
      { ...tools, central: transaction },
      { action: 'tenant.record_schema_version', entityType: 'Tenant', entityId: tenantKey, changes },
      tenantKey,
    );
  });
}

/** All of an error's lines: Prisma's schema engine says several things. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}

/**
 * Returns the migrations that the database lacks. One that another run is currently applying looks like a failed one.
 */
async function lackingMigrations(datasource: Datasource): Promise<string[]> {
  const found = await pendingMigrations(datasource, tenantMigrationsFolder);
  assertNotAhead(found);
  return [...found.failed, ...found.pending];
}

/** Applies what is lacking, taking turns with other runs, for which the engine waits. @returns the migrations applied by this run. */
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
