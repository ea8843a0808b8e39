import type pg from 'pg';
import { changesBetween } from '../../audit/audit-entry.ts';
import type { RestoredMarker } from '../../db/restored-marker.ts';
import { inTransaction } from '../../db/role-membership.ts';
import { describeTenant, isSameTenant } from '../../db/tenant-marker.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { operatorOf, recordAround } from '../operator.ts';
import { withCredentialsLock } from '../rotation/credentials-lock.ts';
import type { RotationTools } from '../rotation/rotate-credentials.ts';
import { shellWord } from '../shell-word.ts';
import { tenantDatasource } from '../tenant.ts';
import { placeFlags } from '../tenant-address.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { type EndedSecrets, endHandedOutSecrets, recordInTenant } from './handed-out-secrets.ts';
import { type MendingOutcome, mendDatabase, planMending, type Restoration } from './mend-database.ts';
import type { AccessChanges } from './restore-access.ts';
import { RestoreError } from './restore-error.ts';
import {
  completePlace,
  describePlace,
  isSamePlace,
  type NamedPlace,
  type RestoredPlace,
} from './restored-place.ts';

/** The dependencies of work on restored databases. */
export interface RestoreTools extends RotationTools {
  /** Invalidates every process's cached sessions of a tenant's users. */
  readonly invalidateSessions: (tenantKey: string) => Promise<void>;
}

/** The options of a repair. */
export interface RepairOptions {
  /** Only find out what would be done. */
  readonly dryRun: boolean;
  /** Take a database without a marker for the tenant's. */
  readonly trust: boolean;
  /** End the sessions that the dump has brought back, and its one-time passwords. */
  readonly endSessions: boolean;
}

/** The result of a repair, or in a dry run its plan. */
export interface RepairOutcome extends AccessChanges {
  /** `nothing-to-do` when everything was right already, `incomplete` while `statements` have to be run. */
  readonly outcome: 'repaired' | 'nothing-to-do' | 'incomplete' | 'planned';
  readonly place: string;
  /** The tenant is served from there. */
  readonly isPresentPlace: boolean;
  readonly migrations: readonly string[];
  readonly ended: EndedSecrets | null;
  readonly remarks: readonly string[];
}

/**
 * Gives a tenant's restored database its roles, owners, privileges and role settings again, at the tenant's place or at
 * another that it is to be moved to.
 * @throws {RestoreError} when it is not the tenant's, or can't be repaired.
 */
export async function repairTenantDatabase(
  tools: RestoreTools,
  tenantKey: string,
  named: NamedPlace,
  options: RepairOptions,
): Promise<RepairOutcome> {
  return withCredentialsLock(tools.centralDatabaseUrl, tenantKey, async () => {
    const tenant = await findTenant(tools, tenantKey);
    const place = completePlace(tenant, named);
    const restoration: Restoration = {
      tenant,
      place,
      assertMarker: (found) => assertOwnMarker(found, tenant, place, options.trust),
    };
    const isPresentPlace = isSamePlace(tenant, place);
    const about = { place: describePlace(place), isPresentPlace };
    const plan = await planMending(tools, restoration);
    const planned = { ...about, ...plan.changes, migrations: plan.lacking, ended: null, remarks: [] };
    if (options.dryRun) return { ...planned, outcome: plan.isNeeded ? 'planned' : 'nothing-to-do' };
    if (!plan.isNeeded && !options.endSessions) return { ...planned, outcome: 'nothing-to-do' };
    const repair = async () => {
      const mended = await mendDatabase(tools, restoration);
      const isComplete = mended.changes.statements.length === 0;
      const ended = isComplete && options.endSessions ? await endSessionsAt(tools, restoration) : null;
      return { ...mended, ended };
    };
    const { changes, migrations, remarks, ended } = await recordAround(
      tools,
      {
        action: 'tenant.repair_database',
        entityType: 'Tenant',
        entityId: tenantKey,
        changes: changesBetween(null, { place: about.place }),
      },
      tenantKey,
      repair,
      describeMending,
    ).finally(async () => {
      // Servers that were refused by the database try it again.
      if (isPresentPlace) await tools.invalidate(tenantKey);
      if (options.endSessions) await tools.invalidateSessions(tenantKey);
    });
    const outcome = changes.statements.length > 0 ? 'incomplete' : 'repaired';
    return { ...about, ...changes, outcome, migrations, ended, remarks };
  });
}

/** @throws {RestoreError} when there is none, none that has a database by its record, or one whose roles are an operator's. */
export async function findTenant({ central }: RestoreTools, tenantKey: string): Promise<TenantRow> {
  const tenant = await central.tenant.findUnique({ where: { tenantKey } });
  if (!tenant) throw new RestoreError(`There is no tenant ${tenantKey}.`);
  if (tenant.status === 'provisioning' || tenant.status === 'failed') {
    throw new RestoreError(
      `Tenant ${tenantKey} is ${tenant.status}: finish it first, by running provision-tenant again.`,
    );
  }
  if (tenant.dbIsProvided) throw new RestoreError(describeOperatorsPart(tenant));
  return tenant;
}

/** Describes what is to be done in place of a repair where an operator has made the database and its roles. */
function describeOperatorsPart({ tenantKey, dbOwnerUser }: TenantRow): string {
  return `The database and the roles of tenant ${tenantKey} are its operator's own, so nothing is changed there. Restore the dump as ${dbOwnerUser}, with pg_restore --no-owner --no-acl; then move-tenant says what is missing, and gives the application its privileges.`;
}

/** Returns what the central audit log keeps of it: names where there are few, numbers where there may be many. */
export function describeMending({
  changes,
  migrations,
  ended,
}: MendingOutcome & { ended: EndedSecrets | null }) {
  const { owners, privileges, statements, ...roles } = changes;
  const counts = { owners: owners.length, privileges: privileges.length, statements: statements.length };
  const numbers = Object.entries({ ...counts, ...ended }).filter(([, count]) => count > 0);
  const names = Object.entries({ ...roles, migrations }).filter(([, list]) => list.length > 0);
  return changesBetween(null, Object.fromEntries([...names, ...numbers]));
}

function assertOwnMarker(
  found: RestoredMarker,
  tenant: TenantRow,
  place: RestoredPlace,
  trust: boolean,
): void {
  const where = `The database at ${describePlace(place)}`;
  if (found === 'empty')
    throw new RestoreError(`${where} has no tables of a tenant: restore the dump into it first.`);
  if (found === 'unmarked') {
    if (trust) return;
    throw new RestoreError(
      `${where} does not say whose it is: it has no marker. Use --trust to accept it as tenant ${tenant.tenantKey}'s.`,
    );
  }
  if (typeof found === 'string' || isSameTenant(found, tenant)) return;
  throw new RestoreError(
    `${where} is marked as that of tenant ${describeTenant(found)}, and not of tenant ${describeTenant(tenant)}. If it is meant to become that: npx tsx scripts/adopt-tenant-database.ts --tenant-key ${tenant.tenantKey} --marked-as ${shellWord(found.tenantKey)} ${placeFlags(place)}`,
  );
}

async function endSessionsAt(tools: RestoreTools, restoration: Restoration): Promise<EndedSecrets> {
  return asOwner(tools, restoration, async (client) => {
    const ended = await endHandedOutSecrets(client);
    await recordInTenant(client, operatorOf(tools), {
      action: 'tenant.end_sessions',
      entityType: 'Tenant',
      changes: changesBetween(null, { ...ended }),
    });
    return ended;
  });
}

/**
 * Runs `work` in one transaction of the database's owner: code in the database that it sets off can use no other
 * rights.
 */
export async function asOwner<T>(
  { secrets }: RestoreTools,
  { tenant, place }: Pick<Restoration, 'tenant' | 'place'>,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const there = { ...tenant, ...place };
  const owner = (await ownerDatasource(there, secrets)) ?? (await tenantDatasource(there, secrets));
  return withConnection(owner, (client) => inTransaction(client, () => work(client)));
}
