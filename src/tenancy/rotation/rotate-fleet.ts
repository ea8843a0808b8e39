import pMap from 'p-map';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { selectTenants, statusesInService, tenantPages } from '../fleet/for-each-tenant.ts';
import { findLeftOut } from '../left-out.ts';
import { signInRoles } from '../sign-in-roles.ts';
import { rolesAreProvided, TenantChangeError } from '../tenant-change-error.ts';
import {
  type RotationOptions,
  type RotationOutcome,
  type RotationTools,
  rotateCredentials,
} from './rotate-credentials.ts';
import { findUnfinishedRotation } from './rotation-record.ts';

/** Settings of the rotation of many tenants. */
export interface FleetRotationOptions extends RotationOptions {
  /** Only these tenants; all in service when empty. */
  readonly tenantKeys: readonly string[];
  /** Tenants after each of which it is seen whether too many have failed. */
  readonly batchSize: number;
  /** Tenants of a batch at a time. */
  readonly concurrency: number;
  /** It stops when a larger part of those done so far has failed: 0 to 1. */
  readonly maximumFailureRate: number;
  /** Leaves out those whose credentials have changed since, so that a run can be gone on with. */
  readonly skipRotatedSince: Date | null;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

/** The outcome for one tenant. */
export interface RotationReport {
  readonly tenantKey: string;
  /**
   * `recent` for one that has changed since the given time, `skipped` for one that the run did not reach, `left-out` for one
   * that is not in service, or whose roles are its operator's.
   */
  readonly status: 'rotated' | 'pending' | 'recent' | 'failed' | 'skipped' | 'left-out';
  /** Null unless it was rotated. */
  readonly outcome: RotationOutcome | null;
  /** In a dry run, what is going to be done. */
  readonly plan: string | null;
  readonly error: string | null;
  /** The reason why it was left out, or null. */
  readonly reason: string | null;
  readonly milliseconds: number;
}

/**
 * Changes the credentials of tenants, batch by batch. One tenant's failure does not keep the others from theirs,
 * until too many have failed.
 * @param onReport hears of each tenant as it is done.
 * @returns one report per tenant, by key; then one for each that was left out, unless only named ones were asked for.
 * @throws {UnknownTenantError} before anything is done, when a named tenant does not exist.
 */
export async function rotateFleet(
  tools: RotationTools,
  options: FleetRotationOptions,
  onReport: (report: RotationReport, total: number) => void = () => {},
): Promise<RotationReport[]> {
  const isNamed = options.tenantKeys.length > 0;
  const selected = await selectTenants(tools.central, options.tenantKeys);
  // One that is named fails.
  const where = isNamed ? selected : { ...selected, dbIsProvided: false };
  const total = await tools.central.tenant.count({ where });
  const reports: RotationReport[] = [];
  const batches = tenantPages(options.batchSize, (page) =>
    tools.central.tenant.findMany({ ...page, where: { AND: [page.where, where] } }),
  );
  for await (const batch of batches) {
    const stopped = failureRate(reports) > options.maximumFailureRate;
    const done = await pMap(
      batch,
      async (tenant) => {
        const report = stopped
          ? untouched(tenant.tenantKey, 'skipped')
          : await rotateOne(tools, tenant, options);
        onReport(report, total);
        return report;
      },
      { concurrency: options.concurrency },
    );
    reports.push(...done);
  }
  return isNamed ? reports : [...reports, ...(await reportLeftOut(tools))];
}

async function reportLeftOut({ central }: RotationTools): Promise<RotationReport[]> {
  const provided = await central.tenant.findMany({
    where: { status: { in: [...statusesInService] }, dbIsProvided: true },
    orderBy: { tenantKey: 'asc' },
    select: { tenantKey: true },
  });
  const leftToOperators = provided.map(({ tenantKey }) => ({
    tenantKey,
    reason: rolesAreProvided(tenantKey),
  }));
  return [...leftToOperators, ...(await findLeftOut(central, statusesInService))].map(
    ({ tenantKey, reason }) => untouched(tenantKey, 'left-out', reason),
  );
}

async function rotateOne(
  tools: RotationTools,
  tenant: TenantRow,
  options: FleetRotationOptions,
): Promise<RotationReport> {
  const { tenantKey } = tenant;
  const started = performance.now();
  const report = (
    status: RotationReport['status'],
    more: Partial<Pick<RotationReport, 'outcome' | 'plan' | 'error'>> = {},
  ) => ({
    tenantKey,
    status,
    outcome: null,
    plan: null,
    error: null,
    reason: null,
    ...more,
    milliseconds: Math.round(performance.now() - started),
  });
  try {
    if (await wasRotatedSince(tools, tenant, options)) return report('recent');
    if (options.dryRun) return report('pending', { plan: await describePlan(tools, tenant, options) });
    return report('rotated', { outcome: await rotateCredentials(tools, tenantKey, options) });
  } catch (error) {
    return report('failed', { error: reasonOf(error) });
  }
}

async function wasRotatedSince(
  { central }: RotationTools,
  { id }: TenantRow,
  { skipRotatedSince, purpose }: FleetRotationOptions,
): Promise<boolean> {
  if (skipRotatedSince === null) return false;
  const last = await central.credentialRotation.findFirst({
    where: { tenantId: id, purpose, finishedAt: { gte: skipRotatedSince } },
    select: { id: true },
  });
  return last !== null;
}

async function describePlan(
  { central }: RotationTools,
  tenant: TenantRow,
  { purpose }: FleetRotationOptions,
): Promise<string> {
  if (tenant.dbIsProvided) throw new TenantChangeError(rolesAreProvided(tenant.tenantKey));
  const unfinished = await findUnfinishedRotation(central, tenant.id, purpose);
  if (unfinished)
    return `from ${unfinished.from} to ${unfinished.to}, continues after the step ${unfinished.step}`;
  const roles = signInRoles(tenant, purpose);
  if (!roles)
    throw new TenantChangeError(
      `Tenant ${tenant.tenantKey} has no owner role yet: run migrate-all-tenants first.`,
    );
  return `from ${roles.current} to ${roles.next}`;
}

function failureRate(reports: readonly RotationReport[]): number {
  const tried = reports.filter(({ status }) => status === 'rotated' || status === 'failed');
  return tried.length === 0 ? 0 : tried.filter(({ status }) => status === 'failed').length / tried.length;
}

function untouched(
  tenantKey: string,
  status: 'skipped' | 'left-out',
  reason: string | null = null,
): RotationReport {
  return { tenantKey, status, outcome: null, plan: null, error: null, reason, milliseconds: 0 };
}
