import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { applyApplicationPrivileges } from '../../db/application-privileges.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import type { Datasource } from '../../db/datasource.ts';
import { administer, administerDatabaseOf, NameTakenError } from '../../db/roles-and-databases.ts';
import { applyMigrations } from '../../db/schema-engine/schema-engine.ts';
import { openScriptClient } from '../../db/tenant-client.ts';
import { assertNotAnothers, markDatabase } from '../../db/tenant-marker.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { limitDatabase, limitServer } from '../server-limits.ts';
import { tenantDatasource, tenantTarget } from '../tenant.ts';
import { administrationOf, ownerMark } from '../tenant-administration.ts';
import { latestMigration, tenantMigrationsFolder } from '../tenant-migrations.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { databaseTaken } from './database-place.ts';
import { ProvisioningError, ProvisioningUnderWayError } from './provisioning-error.ts';
import type { ProvisioningRequest } from './provisioning-request.ts';
import {
  type FirstAdministrator,
  readFirstAdministrator,
  registerTenant,
  removeSecrets,
} from './registration.ts';
import { seedTenant } from './tenant-seed.ts';

/** The steps of provisioning, in their order. Each can be run again after it was cut off anywhere. */
export const provisioningSteps = [
  'register',
  'create-role',
  'create-database',
  'grant',
  'migrate',
  'seed',
  'activate',
] as const;

/** One step of provisioning. */
export type ProvisioningStep = (typeof provisioningSteps)[number];

/** What provisioning works with. */
export interface ProvisioningTools {
  readonly central: CentralClient;
  readonly centralDatabaseUrl: string;
  /** A connection whose user may create roles and databases; its host and port are the default place of new databases. */
  readonly tenantAdminDatasource: Datasource;
  readonly secrets: TenantSecrets;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
}

/** How a run ended. */
export interface ProvisioningOutcome {
  /** `unchanged` when the tenant had been finished before. */
  readonly outcome: 'provisioned' | 'unchanged';
  readonly tenant: TenantRow;
  /** Null for a tenant that was registered without this program. */
  readonly administrator: FirstAdministrator | null;
}

/**
 * Makes a tenant, or finishes one that an earlier run began. A finished tenant is left as it is.
 * @param onStep hears of each finished step, and is awaited.
 * @throws {ProvisioningError} when a step fails; the tenant is then `failed`, with the reason in its record.
 */
export async function provisionTenant(
  tools: ProvisioningTools,
  request: ProvisioningRequest,
  onStep: (step: ProvisioningStep) => Promise<void> | void = () => {},
): Promise<ProvisioningOutcome> {
  const { tenantKey } = request;
  return exclusively(tools, tenantKey, async () => {
    const recorded = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (recorded && recorded.status !== 'provisioning' && recorded.status !== 'failed') {
      return describeOutcome(tools, 'unchanged', recorded);
    }
    const tenant = await registerTenant(
      tools.central,
      tools.secrets,
      request,
      tools.tenantAdminDatasource,
    ).catch(reportTakenDatabase);
    await finishStep(tools, tenant, 'register');
    await onStep('register');
    const work = await stepWork(tools, tenant);
    for (const step of provisioningSteps) {
      if (step === 'register') continue;
      await work[step]().catch((error: unknown) => fail(tools, tenant, step, error));
      if (step !== 'activate') await finishStep(tools, tenant, step);
      await onStep(step);
    }
    return describeOutcome(tools, 'provisioned', tenant);
  });
}

/**
 * Removes what an unfinished provisioning has made: database, roles and record.
 * @returns whether there was anything to remove.
 * @throws {ProvisioningError} for a tenant that is, or has been, in use.
 */
export async function removeUnfinishedTenant(tools: ProvisioningTools, tenantKey: string): Promise<boolean> {
  return exclusively(tools, tenantKey, async () => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (!tenant) return false;
    if (tenant.status !== 'provisioning' && tenant.status !== 'failed') {
      throw new ProvisioningError(
        `Tenant ${tenantKey} is ${tenant.status}: only an unfinished tenant can be cleaned up.`,
      );
    }
    const roles = [tenant.dbUser, ...(tenant.dbOwnerUser === null ? [] : [tenant.dbOwnerUser])];
    await administer(administrationOf(tools.tenantAdminDatasource, tenant), (server) =>
      server.dropDatabaseAndRoles(tenant.dbName, roles, ownerMark(tenantKey)),
    ).catch((error: unknown) => {
      throw new ProvisioningError(`Tenant ${tenantKey} can't be cleaned up: ${reasonOf(error)}`, {
        cause: error,
      });
    });
    await removeSecrets(tools.central, tools.secrets, tenant);
    await tools.central.tenant.delete({ where: { tenantKey } });
    await tools.invalidate(tenantKey);
    return true;
  });
}

async function stepWork(
  tools: ProvisioningTools,
  tenant: TenantRow,
): Promise<Record<Exclude<ProvisioningStep, 'register'>, () => Promise<unknown>>> {
  const { tenantKey, dbName: database } = tenant;
  const mark = ownerMark(tenantKey);
  const application = await tenantDatasource(tenant, tools.secrets);
  const owner = await ownerDatasource(tenant, tools.secrets);
  if (!owner)
    throw new ProvisioningError(`The record of tenant ${tenantKey} names no owner of its database.`);
  const administrator = await readFirstAdministrator(tools.central, tools.secrets, tenant);
  const administration = administrationOf(tools.tenantAdminDatasource, tenant);
  const grant = () => applyApplicationPrivileges(owner, application.user);
  return {
    'create-role': () =>
      administer(administration, async (server) => {
        for (const { user, password } of [owner, application]) await server.ensureRole(user, password, mark);
      }),
    'create-database': async () => {
      const begunWithOneRole = await administer(administration, async (server) => {
        if ((await server.databaseOwner(database)) === application.user) return true;
        await server.ensureDatabase(database, owner.user);
        return false;
      });
      if (begunWithOneRole) {
        const role = application.user;
        await administerDatabaseOf(administration, { database, role, owner: mark }, (server) =>
          server.handOverDatabase(database, role, owner.user),
        );
      }
    },
    grant: async () => {
      await grant();
      await limitServer(administration);
      await limitDatabase(administration, database);
    },
    migrate: async () => {
      await assertNotAnothers(owner, tenant);
      await applyMigrations(owner, tenantMigrationsFolder);
      await markDatabase(owner, tenant);
      await grant();
    },
    seed: async () => {
      if (!administrator) throw new ProvisioningError('The record of the first administrator is missing.');
      const db = await openScriptClient(await tenantTarget(tenant, tools.secrets));
      await seedTenant(db, administrator).finally(() => db.$disconnect());
    },
    activate: async () => {
      await tools.central.tenant.update({
        where: { tenantKey },
        data: {
          status: 'active',
          isActive: true,
          provisioningStep: null,
          schemaVersion: await latestMigration(),
        },
      });
      await tools.invalidate(tenantKey);
    },
  };
}

/** The name of the lock that whoever works on an unfinished tenant holds. */
export function provisioningLock(tenantKey: string): string {
  return `provision-tenant:${tenantKey}`;
}

async function exclusively<T>(
  tools: ProvisioningTools,
  tenantKey: string,
  work: () => Promise<T>,
): Promise<T> {
  const done = await withExclusiveLock(tools.centralDatabaseUrl, provisioningLock(tenantKey), work);
  if (!done) throw new ProvisioningUnderWayError(tenantKey);
  return done.result;
}

function reportTakenDatabase(error: unknown): never {
  if (constraintViolation(error)?.kind !== 'unique') throw error;
  throw new ProvisioningError(databaseTaken, { cause: error });
}

async function finishStep(
  { central }: ProvisioningTools,
  { tenantKey }: TenantRow,
  step: ProvisioningStep,
): Promise<void> {
  await central.tenant.update({ where: { tenantKey }, data: { provisioningStep: step } });
}

async function fail(
  { central }: ProvisioningTools,
  { tenantKey }: TenantRow,
  step: ProvisioningStep,
  error: unknown,
): Promise<never> {
  const reason = `Step ${step} failed: ${reasonOf(error)}${remedyOf(error, step)}`;
  await central.tenant.update({ where: { tenantKey }, data: { status: 'failed', statusReason: reason } });
  throw new ProvisioningError(`Tenant ${tenantKey}: ${reason}`, { cause: error });
}

/** The record says already where the database goes, so that only a new one can say otherwise. */
function remedyOf(error: unknown, step: ProvisioningStep): string {
  if (!(error instanceof NameTakenError)) return '';
  const flag = step === 'create-role' ? '--db-user' : '--db-name';
  return ` Remove what was made with --cleanup, and start again with another ${flag}.`;
}

/** The last line: Prisma puts the calling source before it. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? '';
}

async function describeOutcome(
  tools: ProvisioningTools,
  outcome: ProvisioningOutcome['outcome'],
  { tenantKey }: TenantRow,
): Promise<ProvisioningOutcome> {
  const tenant = await tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  return {
    outcome,
    tenant,
    administrator: await readFirstAdministrator(tools.central, tools.secrets, tenant),
  };
}
