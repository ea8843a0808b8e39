import { changesBetween } from '../../audit/audit-entry.ts';
import { isPublishedPassword } from '../../auth/published-passwords.ts';
import { type Datasource, serverOf } from '../../config/datasource.ts';
import { assertMakesTenants } from '../../db/administrator-rights.ts';
import { applyApplicationPrivileges } from '../../db/application-privileges.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import { SharedSessionError } from '../../db/kept-session.ts';
import {
  administer,
  administerDatabaseOf,
  DatabaseEncodingError,
  NameTakenError,
} from '../../db/roles-and-databases.ts';
import { applyMigrations } from '../../db/schema-engine.ts';
import { openScriptClient } from '../../db/tenant-client.ts';
import { assertNotAnothers, markDatabase } from '../../db/tenant-marker.ts';
import { withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { operatorOf, type RecordingTools, recordOperation } from '../operator.ts';
import { claimRoles } from '../role-claims.ts';
import { limitDatabase, limitServer } from '../server-limits.ts';
import { checkServing } from '../serving-check.ts';
import { scriptTarget, tenantDatasource, tenantTarget } from '../tenant.ts';
import { directAddress } from '../tenant-address.ts';
import { administrationOf, ownerMark } from '../tenant-administration.ts';
import { latestMigration, tenantMigrationsFolder } from '../tenant-migrations.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { chooseAddress, databaseTaken } from './database-place.ts';
import { claimDatabase } from './existing-database/claim.ts';
import { assertDatabaseIsReady } from './existing-database/existing-database.ts';
import type { Finding } from './existing-database/finding.ts';
import { type FirstAdministrator, readFirstAdministrator, recordAccount } from './first-administrator.ts';
import { readFirstPassword } from './first-passwords.ts';
import { ProvisioningError } from './provisioning-error.ts';
import { withProvisioningLock } from './provisioning-lock.ts';
import type { ProvisioningRequest } from './provisioning-request.ts';
import type { ProvisioningTools } from './provisioning-tools.ts';
import { registerTenant } from './registration.ts';
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

/** The steps for a database and roles that exist. */
const existingDatabaseSteps = provisioningSteps.filter(
  (step) => step !== 'create-role' && step !== 'create-database',
);

export type { ProvisioningTools } from './provisioning-tools.ts';
export { removeUnfinishedTenant } from './remove-tenant.ts';

/** The result of a run. */
export interface ProvisioningOutcome {
  /** `unchanged` when the tenant had been finished before. */
  readonly outcome: 'provisioned' | 'unchanged';
  readonly tenant: TenantRow;
  /** Null for a tenant that was registered without this program. */
  readonly administrator: FirstAdministrator | null;
  /** Faults that an operator should mend in a database of theirs, though nothing depends on it. */
  readonly remarks: readonly Finding[];
}

/**
 * Creates a tenant, or finishes one that an earlier run began. A finished tenant is not changed.
 * @param onStep hears of each finished step and of all that there are, and is awaited.
 * @throws {DatabaseNotReadyError} before anything is done, when an existing database is not as it has to be.
 * @throws {ProvisioningError} when a step fails; the tenant is then `failed`, with the reason in its record.
 */
export async function provisionTenant(
  tools: ProvisioningTools,
  request: ProvisioningRequest,
  onStep: (step: ProvisioningStep, steps: readonly ProvisioningStep[]) => Promise<void> | void = () => {},
): Promise<ProvisioningOutcome> {
  const { tenantKey } = request;
  return withProvisioningLock(tools, tenantKey, async () => {
    const recorded = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (recorded && recorded.status !== 'provisioning' && recorded.status !== 'failed') {
      return {
        outcome: 'unchanged',
        tenant: recorded,
        administrator: await readFirstPassword(tools, recorded),
        remarks: [],
      };
    }
    assertNotPublished(tools, request);
    const exists = recorded?.dbIsProvided ?? request.existingDatabase ?? false;
    const remarks = exists ? await assertDatabaseIsReady(tools, request, recorded) : [];
    const steps = exists ? existingDatabaseSteps : provisioningSteps;
    if (!recorded && !exists) await assertAdministered(tools, request);
    const { tenant } = await registerTenant(tools, request, (transaction, registered, before) =>
      recordRegistration({ ...tools, central: transaction }, registered, before),
    ).catch(reportTakenDatabase);
    await finishStep(tools, tenant, 'register');
    await onStep('register', steps);
    const work = await stepWork(tools, tenant);
    for (const step of steps) {
      if (step === 'register') continue;
      await work[step]().catch((error: unknown) => fail(tools, tenant, step, error));
      if (step !== 'activate') await finishStep(tools, tenant, step);
      await onStep(step, steps);
    }
    return {
      outcome: 'provisioned',
      tenant: await tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } }),
      administrator: await readFirstAdministrator(tools.central, tools.secrets, tenant),
      remarks,
    };
  });
}

async function stepWork(
  tools: ProvisioningTools,
  tenant: TenantRow,
): Promise<Record<Exclude<ProvisioningStep, 'register'>, () => Promise<unknown>>> {
  const { tenantKey, dbName: database } = tenant;
  const mark = ownerMark(tenant);
  const application = await tenantDatasource(tenant, tools.secrets, directAddress(tenant));
  const owner = await ownerDatasource(tenant, tools.secrets);
  if (!owner)
    throw new ProvisioningError(`The record of tenant ${tenantKey} names no owner of its database.`);
  const administrator = await readFirstAdministrator(tools.central, tools.secrets, tenant);
  const administration = administrationOf(tools, tenant);
  const grant = () => applyApplicationPrivileges(owner, application.user);
  return {
    'create-role': async () => {
      await withConnection(administration, assertMakesTenants);
      await claimRoles(tools, tenant);
      await administer(administration, async (server) => {
        await server.assertRolesAreFree([owner.user, application.user], mark);
        for (const { user, password } of [owner, application]) await server.ensureRole(user, password, mark);
      });
    },
    'create-database': async () => {
      const role = application.user;
      const begunWithOneRole = await administer(administration, async (server) => {
        const begun = (await server.databaseOwner(database)) === role;
        if (begun) await assertNotAnothers(application, tenant);
        await server.ensureDatabase(database, begun ? role : owner.user);
        return begun;
      });
      if (begunWithOneRole) {
        await administerDatabaseOf(administration, { database, role, owner: mark }, (server) =>
          server.handOverDatabase(database, role, owner.user),
        );
      }
    },
    grant: async () => {
      await assertNotAnothers(owner, tenant);
      if (tenant.dbIsProvided) await claimDatabase(owner, mark);
      await grant();
      if (tenant.dbIsProvided) return;
      await limitServer(tools, administration);
      await limitDatabase(tools, tenant);
    },
    migrate: async () => {
      await assertNotAnothers(owner, tenant);
      await applyMigrations(owner, tenantMigrationsFolder);
      await markDatabase(owner, tenant);
      await grant();
    },
    seed: async () => {
      const password = administrator?.password;
      if (!administrator || password == null) {
        throw new ProvisioningError('The first administrator, or their password, is not recorded any more.');
      }
      const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
      const accountId = await seedTenant(db, { ...administrator, password }).finally(() => db.$disconnect());
      await recordAccount(tools.central, tenant.id, accountId);
    },
    activate: async () => {
      await checkServing(await tenantTarget(tenant, tools.secrets), tools.limitsOf(tenant));
      const schemaVersion = await latestMigration();
      await tools.central.$transaction(async (transaction) => {
        await transaction.tenant.update({
          where: { tenantKey },
          data: { status: 'active', isActive: true, provisioningStep: null, schemaVersion },
        });
        const changes = changesBetween(tenant, { ...tenant, status: 'active', schemaVersion });
        await recordOperation(
          { ...tools, central: transaction },
          { action: 'tenant.finish_provisioning', entityType: 'Tenant', entityId: tenantKey, changes },
          tenantKey,
        );
      });
      await tools.invalidate(tenantKey);
    },
  };
}

/** Records who registered or resumed the tenant. A manager's job is recorded where it is requested. */
async function recordRegistration(
  tools: RecordingTools,
  tenant: TenantRow,
  before: TenantRow | null,
): Promise<void> {
  if (operatorOf(tools).kind === 'manager') return;
  const { tenantKey, companyName, plan, maxUsers } = tenant;
  await recordOperation(
    tools,
    {
      action: before ? 'tenant.resume_provisioning' : 'tenant.provision',
      entityType: 'Tenant',
      entityId: tenantKey,
      changes: changesBetween(before && pickTerms(before), { companyName, plan, maxUsers }),
    },
    tenantKey,
  );
}

const pickTerms = ({ companyName, plan, maxUsers }: TenantRow) => ({ companyName, plan, maxUsers });

/** In production, refuses passwords that the documentation shows: everybody can know them. */
function assertNotPublished(
  { production }: ProvisioningTools,
  { adminPassword, dbPassword, dbOwnerPassword }: ProvisioningRequest,
): void {
  const given = [adminPassword, dbPassword, dbOwnerPassword];
  if (production && given.some((password) => password !== undefined && isPublishedPassword(password))) {
    throw new ProvisioningError('A password is an example from the documentation: choose another one.');
  }
}

/**
 * Signs in as the administrator before anything is recorded: a record names its server for good. Refuses a pooler where
 * the server itself is needed, and whatever fails at an address of the request. A failure at the administrator's own
 * server is left to the steps, which can be run again.
 */
async function assertAdministered(tools: ProvisioningTools, request: ProvisioningRequest): Promise<void> {
  const administration = administrationFor(tools, request);
  if (administration === null) return;
  try {
    await withConnection(administration, async () => {});
  } catch (error) {
    if (error instanceof SharedSessionError) throw new ProvisioningError(error.message, { cause: error });
    const isNamed = [request.dbHost, request.dbPort, request.dbDirectHost, request.dbDirectPort].some(
      (part) => part !== undefined,
    );
    if (!isNamed) return;
    throw new ProvisioningError(
      `Nothing was recorded, since ${administration.user} can't sign in to ${serverOf(administration)}: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

/** Null for an address that may not be used: registration says so in its own words. */
function administrationFor(tools: ProvisioningTools, request: ProvisioningRequest): Datasource | null {
  try {
    return administrationOf(tools, { tenantKey: request.tenantKey, ...chooseAddress(request, tools) });
  } catch {
    return null;
  }
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
  tools: ProvisioningTools,
  { tenantKey }: TenantRow,
  step: ProvisioningStep,
  error: unknown,
): Promise<never> {
  const reason = `Step ${step} failed: ${reasonOf(error)}${remedyOf(error, step)}`;
  await tools.central.$transaction(async (transaction) => {
    await transaction.tenant.update({
      where: { tenantKey },
      data: { status: 'failed', statusReason: reason },
    });
    const changes = changesBetween(null, { status: 'failed', statusReason: reason });
    await recordOperation(
      { ...tools, central: transaction },
      { action: 'tenant.fail_provisioning', entityType: 'Tenant', entityId: tenantKey, changes },
      tenantKey,
    );
  });
  throw new ProvisioningError(`Tenant ${tenantKey}: ${reason}`, { cause: error });
}

/** The tenant's record already fixes the place of the database; only a new record can name another. */
function remedyOf(error: unknown, step: ProvisioningStep): string {
  if (!(error instanceof NameTakenError || error instanceof DatabaseEncodingError)) return '';
  const flag = step === 'create-role' ? '--db-user' : '--db-name';
  return ` Remove what was made with --cleanup, and start again with another ${flag}.`;
}
