import pg from 'pg';
import { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import type { Datasource } from '../../config/datasource.ts';
import { findMarkedRoles } from '../../db/role-marks.ts';
import { administer } from '../../db/roles-and-databases.ts';
import { assertSessionNotAnothers, MarkerMismatch } from '../../db/tenant-marker.ts';
import { withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { recordOperation } from '../operator.ts';
import { claimRoles } from '../role-claims.ts';
import { tenantRoles } from '../sign-in-roles.ts';
import { administrationOf, earlierOwnerMark, ownerMark } from '../tenant-administration.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { assertAdministrationIsProtected } from '../tenant-tls.ts';
import { dropClaimed } from './existing-database/claim.ts';
import { ProvisioningError } from './provisioning-error.ts';
import { withProvisioningLock } from './provisioning-lock.ts';
import type { ProvisioningTools } from './provisioning-tools.ts';
import { removeSecrets, takeBackSecrets } from './registration.ts';

/**
 * Removes what an unfinished provisioning has made: database, roles, secrets and record. Its failed jobs are then
 * cleaned up.
 * @param onLeft receives the database and the roles of the record's names that stay, because another registration or
 * something else has made them.
 * @returns whether there was anything to remove.
 * @throws {ProvisioningError} for a tenant that is, or has been, in use, and for a database that is marked as another
 * tenant's.
 */
export async function removeUnfinishedTenant(
  tools: ProvisioningTools,
  tenantKey: string,
  onLeft: (names: readonly string[]) => void = () => {},
): Promise<boolean> {
  return withProvisioningLock(tools, tenantKey, async () => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (!tenant) {
      await removeUnrecordedSecrets(tools, tenantKey);
      return false;
    }
    if (tenant.status !== 'provisioning' && tenant.status !== 'failed') {
      throw new ProvisioningError(
        `Tenant ${tenantKey} is ${tenant.status}: only an unfinished tenant can be cleaned up.`,
      );
    }
    const entry = { action: 'tenant.remove_unfinished', entityType: 'Tenant', entityId: tenantKey } as const;
    await recordOperation(tools, entry, tenantKey, 'begun');
    const left = await removeDatabaseAndSecrets(tools, tenant).catch(async (error: unknown) => {
      const reason = `Tenant ${tenantKey} can't be cleaned up: ${reasonOf(error)}${remedyOf(error, tenant)}`;
      const changes = changesBetween(null, { error: reason });
      // The original error matters more than a failure to record it.
      await recordOperation(tools, { ...entry, changes }, tenantKey, 'failed').catch(() => undefined);
      throw new ProvisioningError(reason, { cause: error });
    });
    await tools.central.$transaction(async (transaction) => {
      await transaction.tenant.delete({ where: { tenantKey } });
      await transaction.provisioningJob.updateMany({
        where: { tenantKey, status: 'failed', cleanedUpAt: null },
        data: { cleanedUpAt: new Date(), cleanUpRequestedAt: null, step: null },
      });
      const changes = left.length === 0 ? {} : changesBetween(null, { left });
      await recordOperation({ ...tools, central: transaction }, { ...entry, changes }, tenantKey, 'done');
    });
    await tools.invalidate(tenantKey);
    onLeft(left);
    return true;
  });
}

/** @returns what stays under the tenant's names, being something else's. */
async function removeDatabaseAndSecrets(tools: ProvisioningTools, tenant: TenantRow): Promise<string[]> {
  const left = await (tenant.dbIsProvided ? removeFromExisting(tools, tenant) : dropOwn(tools, tenant));
  // Another registration's passwords may be at the same paths in Vault.
  if (await mayHaveNamesake(tools, tenant)) await takeBackSecrets(tools, tenant);
  else await removeSecrets(tools, tenant.tenantKey, tenant);
  return left;
}

/**
 * Removes passwords that a run has stored which was killed before it had recorded the tenant.
 * @throws {ProvisioningError} when there are roles of that key, of a tenant that this central database has lost or that
 * another one has: the passwords may be theirs.
 */
async function removeUnrecordedSecrets(tools: ProvisioningTools, tenantKey: string): Promise<void> {
  assertAdministrationIsProtected(tools.tenantAdminDatasource, tools.secrets);
  const [role] = await rolesOfKey(tools.tenantAdminDatasource, tenantKey);
  if (role !== undefined) {
    throw new ProvisioningError(
      `There is no tenant ${tenantKey} here, but the role ${role} of such a tenant is on the server: nothing was removed.`,
    );
  }
  await removeSecrets(tools, tenantKey, null);
}

/** Nobody may look for roles where an operator has made them. */
async function mayHaveNamesake(tools: ProvisioningTools, tenant: TenantRow): Promise<boolean> {
  if (tenant.dbIsProvided) return true;
  const administration = administrationOf(tools, tenant);
  return (await rolesOfKey(administration, tenant.tenantKey)).length > 0;
}

/** Finds the roles of whatever tenant has that key, in this central database or another one. */
function rolesOfKey(administration: Datasource, tenantKey: string): Promise<string[]> {
  return withConnection(administration, (client) => findMarkedRoles(client, earlierOwnerMark(tenantKey)));
}

/** Drops what this registration of the tenant has made. @returns what stays under its names, being something else's. */
async function dropOwn(tools: ProvisioningTools, tenant: TenantRow): Promise<string[]> {
  await claimRoles(tools, tenant);
  const administration = administrationOf(tools, tenant);
  const roles = [tenant.dbUser, ...(tenant.dbOwnerUser === null ? [] : [tenant.dbOwnerUser])];
  return administer(administration, (server) =>
    server.dropDatabaseAndRoles(tenant.dbName, roles, ownerMark(tenant), async (database) => {
      await assertSessionNotAnothers(database, tenant);
      await assertNeverUsed(database, tenant);
    }),
  );
}

/**
 * Drops what provisioning has made in an operator's database, if it is this registration's.
 * @returns what stays: the database and the roles, and in it whatever can't be reached any more.
 */
async function removeFromExisting({ secrets }: ProvisioningTools, tenant: TenantRow): Promise<string[]> {
  const owner = await ownerDatasource(tenant, secrets);
  const kept = [tenant.dbName, ...tenantRoles(tenant)];
  if (!owner) return kept;
  const isIn = await dropClaimed(owner, ownerMark(tenant), async (database) => {
    await assertSessionNotAnothers(database, tenant);
    await assertNeverUsed(database, tenant);
  });
  return isIn
    ? kept
    : [...kept, `whatever this tenant has made in ${tenant.dbName}, since ${owner.user} can't sign in`];
}

const tablesSchema = z.tuple([z.object({ found: z.boolean() })]);

/**
 * Nobody can sign in to an unfinished tenant. If somebody has, the record is older than the tenant: the central database
 * was restored from before it was finished.
 */
async function assertNeverUsed(database: pg.Client, { dbName }: TenantRow): Promise<void> {
  const [{ found }] = tablesSchema.parse(
    (await database.query(`SELECT to_regclass('sys.users') IS NOT NULL AS found`)).rows,
  );
  if (!found) return;
  const { rows } = await database.query('SELECT FROM sys.users WHERE last_login_at IS NOT NULL LIMIT 1');
  if (rows.length > 0) {
    throw new ProvisioningError(
      `People have signed in to the database ${dbName}. The record is older than that: finish the tenant by running this without --cleanup.`,
    );
  }
}

/** PostgreSQL's error for a database in which somebody else has a session. */
const objectInUse = '55006';

function remedyOf(error: unknown, { dbName }: TenantRow): string {
  if (error instanceof MarkerMismatch) {
    return ` Nothing was removed. Bring what is in ${dbName} to where it belongs, or drop that database yourself, and run this again.`;
  }
  if (error instanceof pg.DatabaseError && error.code === objectInUse) {
    return '. End their sessions, or grant the administrator pg_signal_backend, and run this again.';
  }
  return '';
}
