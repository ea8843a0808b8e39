import pMap from 'p-map';
import { type Datasource, serverOf } from '../../config/datasource.ts';
import { applyApplicationPrivileges } from '../../db/application-privileges.ts';
import type { RestoredMarker } from '../../db/restored-marker.ts';
import { passwordOpens } from '../../db/role-sign-ins.ts';
import { applyMigrations, pendingMigrations } from '../../db/schema-engine.ts';
import { withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { RotationTools } from '../rotation/rotate-credentials.ts';
import { limitDatabase, limitServer, remarksOnTenant } from '../server-limits.ts';
import { tenantDatasource } from '../tenant.ts';
import { administrationOf } from '../tenant-administration.ts';
import { tenantMigrationsFolder } from '../tenant-migrations.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { type NeededRole, type NeededRoles, neededRoles } from './needed-roles.ts';
import { type AccessChanges, type AccessOutcome, restoreAccess } from './restore-access.ts';
import { RestoreError } from './restore-error.ts';
import { describePlace, type RestoredPlace } from './restored-place.ts';

/** A tenant, where its database was restored, and what that has to be. */
export interface Restoration {
  readonly tenant: TenantRow;
  readonly place: RestoredPlace;
  /** Throws when the database is not the one that is meant. */
  readonly assertMarker: (found: RestoredMarker) => void;
}

/** Work on a restored database, of which nothing has been done yet. */
export interface MendingPlan {
  readonly changes: AccessChanges;
  readonly marker: RestoredMarker;
  /** Migrations that the database has not had; unknown, and empty, while nobody can sign in to look. */
  readonly lacking: readonly string[];
  readonly isNeeded: boolean;
}

/** The result of work on a restored database. */
export interface MendingOutcome {
  readonly changes: AccessChanges;
  readonly migrations: readonly string[];
  /** Rights that the server still gives tenants' roles, one sentence each. */
  readonly remarks: readonly string[];
}

/** Finds out what has to be done to a restored database, and changes nothing. @throws {RestoreError} when nothing can be done. */
export async function planMending(tools: RotationTools, restoration: Restoration): Promise<MendingPlan> {
  const { changes, marker } = await runMending(tools, restoration, 'ROLLBACK');
  const isAccessRight = Object.values(changes).every((names) => names.length === 0);
  const lacking = isAccessRight ? await lackingMigrations(await signInsAt(tools, restoration)) : [];
  return { changes, marker, lacking, isNeeded: !isAccessRight || lacking.length > 0 };
}

/**
 * Gives a restored database its roles, owners and privileges, brings it to the newest schema, and sees that the tenant
 * can sign in. Killed anywhere and run again, it finishes. While a superuser has to do something first, it does what it
 * can without that.
 */
export async function mendDatabase(tools: RotationTools, restoration: Restoration): Promise<MendingOutcome> {
  const { tenant, place } = restoration;
  const { changes } = await runMending(tools, restoration, 'COMMIT');
  if (changes.statements.length > 0) return { changes, migrations: [], remarks: [] };
  const { application, owner, needed } = await signInsAt(tools, restoration);
  await assertActsAs(application, needed.application, place);
  if (owner) await assertActsAs(owner, needed.owner ?? owner.user, place);
  const lacking = await lackingMigrations({ application, owner, needed });
  const { applied } =
    owner && lacking.length > 0 ? await applyMigrations(owner, tenantMigrationsFolder) : { applied: [] };
  if (owner && applied.length > 0) await applyApplicationPrivileges(owner, needed.application);
  return { changes, migrations: applied, remarks: await limitPlace(tools, { ...tenant, ...place }, owner) };
}

async function runMending(
  tools: RotationTools,
  restoration: Restoration,
  end: 'COMMIT' | 'ROLLBACK',
): Promise<AccessOutcome> {
  const { tenant, place } = restoration;
  const administration = administrationOf(tools, { ...tenant, ...place });
  const needed = await neededRoles(tools, { ...tenant, ...place });
  try {
    const opened = await openedRoles(
      await tenantDatasource({ ...tenant, ...place }, tools.secrets),
      needed.roles,
    );
    return await restoreAccess(tools, administration, { ...restoration, needed, opened }, end);
  } catch (error) {
    throw error instanceof RestoreError
      ? error
      : new RestoreError(`The database at ${describePlace(place)} can't be repaired: ${reasonOf(error)}`, {
          cause: error,
        });
  }
}

async function openedRoles(at: Datasource, roles: readonly NeededRole[]): Promise<ReadonlySet<string>> {
  const opened = await pMap(roles, async ({ role, signIn }) =>
    typeof signIn === 'object' && (await passwordOpens({ ...at, user: role, password: signIn.password }))
      ? [role]
      : [],
  );
  return new Set(opened.flat());
}

interface SignIns {
  readonly application: Datasource;
  readonly owner: Datasource | null;
  readonly needed: NeededRoles;
}

async function signInsAt(tools: RotationTools, { tenant, place }: Restoration): Promise<SignIns> {
  const there = { ...tenant, ...place };
  return {
    application: await tenantDatasource(there, tools.secrets),
    owner: await ownerDatasource(there, tools.secrets),
    needed: await neededRoles(tools, there),
  };
}

/** Without an owner, `migrate-all-tenants` separates one first. */
async function lackingMigrations({ owner }: SignIns): Promise<string[]> {
  if (!owner) return [];
  const { failed, pending, missing } = await pendingMigrations(owner, tenantMigrationsFolder);
  if (missing.length > 0) {
    throw new RestoreError(
      `The database has migrations that this version does not know: ${missing.join(', ')}. It is from a newer one: run that one's scripts.`,
    );
  }
  return [...failed, ...pending];
}

/** @throws {RestoreError} when the server does not let the role in, or not as what it should be. */
async function assertActsAs(datasource: Datasource, role: string, place: RestoredPlace): Promise<void> {
  const acting = await withConnection(datasource, async (client) => {
    const { rows } = await client.query<{ acting: string }>('SELECT current_user AS acting');
    return rows[0]?.acting;
  }).catch((error: unknown) => {
    throw new RestoreError(
      `${datasource.user} can't sign in to ${describePlace(place)}, although its password is right now: ${reasonOf(error)}`,
      { cause: error },
    );
  });
  if (acting !== role) {
    throw new RestoreError(`Signed in as ${datasource.user}, a session acts as ${acting}, not as ${role}.`);
  }
}

/** Withdraws what the new server or database grants beyond that, as provisioning does. */
async function limitPlace(
  tools: RotationTools,
  tenant: TenantRow,
  owner: Datasource | null,
): Promise<readonly string[]> {
  const administration = administrationOf(tools, tenant);
  const { remarks } = await limitServer(tools, administration);
  await limitDatabase(tools, tenant);
  const remarksHere = owner === null ? [] : await remarksOnTenant(tools, tenant, owner);
  return [...remarks, ...remarksHere].map((remark) => `${serverOf(administration)}: ${remark}`);
}
