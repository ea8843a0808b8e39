import { changesBetween } from '../../audit/audit-entry.ts';
import type { RestoredMarker } from '../../db/restored-marker.ts';
import { describeTenant, isSameTenant, remarkDatabase, type TenantIdentity } from '../../db/tenant-marker.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { operatorOf, recordAround } from '../operator.ts';
import { withCredentialsLock } from '../rotation/credentials-lock.ts';
import { placeFlags } from '../tenant-address.ts';
import { type EndedSecrets, endHandedOutSecrets, recordInTenant } from './handed-out-secrets.ts';
import { mendDatabase, planMending, type Restoration } from './mend-database.ts';
import { asOwner, describeMending, findTenant, type RestoreTools } from './repair-tenant-database.ts';
import { RestoreError } from './restore-error.ts';
import { completePlace, describePlace, isSamePlace, type NamedPlace } from './restored-place.ts';

/** The marker of a database, as an operator types it. */
export interface TypedMarker {
  readonly markedAs: string;
  /** Needed when this central database has no tenant of that key and id. */
  readonly markedId?: number | undefined;
}

/** The result of an adoption. */
export interface AdoptionOutcome {
  /** `nothing-to-do` when the database is the tenant's already, `incomplete` while `statements` have to be run. */
  readonly outcome: 'adopted' | 'nothing-to-do' | 'incomplete';
  readonly place: string;
  /** The tenant is served from there. */
  readonly isPresentPlace: boolean;
  /** The marker that it had; null when that can't be read before `statements` have been run. */
  readonly from: TenantIdentity | null;
  readonly ended: EndedSecrets | null;
  readonly migrations: readonly string[];
  /** The part that only a superuser can do. */
  readonly statements: readonly string[];
  readonly remarks: readonly string[];
}

/**
 * Turns a database that is marked as another tenant's into the tenant's own, at its place or at another that it is to
 * be moved to: roles, owners and privileges first, as for a restored one, and then, in one transaction, the marker. What
 * was handed out to the people in it, as sessions, opens nothing afterwards.
 * @throws {RestoreError} when it is not marked as typed, or somebody is served from it.
 */
export async function adoptTenantDatabase(
  tools: RestoreTools,
  tenantKey: string,
  typed: TypedMarker,
  named: NamedPlace,
): Promise<AdoptionOutcome> {
  return withLocks(tools, tenantKey, typed.markedAs, async () => {
    const tenant = await findTenant(tools, tenantKey);
    const namesake = await tools.central.tenant.findUnique({ where: { tenantKey: typed.markedAs } });
    const place = completePlace(tenant, named);
    const where = describePlace(place);
    const expectation = { tenant, namesake, typed, where, flags: placeFlags(place) };
    const assertMarker = (found: RestoredMarker) => void identify(found, expectation);
    const restoration: Restoration = { tenant, place, assertMarker };
    const { marker } = await planMending(tools, restoration);
    const from = marker === 'unreadable' ? null : identify(marker, expectation);
    const about = { place: where, isPresentPlace: isSamePlace(tenant, place), from };
    if (from && isSameTenant(from, tenant)) {
      const nothing = { ended: null, migrations: [], statements: [], remarks: [] };
      return { ...about, ...nothing, outcome: 'nothing-to-do' };
    }
    const done = await recordAround(
      tools,
      {
        action: 'tenant.adopt_database',
        entityType: 'Tenant',
        entityId: tenantKey,
        changes: {
          ...changesBetween({ marker: from && describeTenant(from) }, { marker: describeTenant(tenant) }),
          ...changesBetween(null, { place: where }),
        },
      },
      tenantKey,
      () => adopt(tools, restoration, from),
      ({ mended, ended }) => describeMending({ ...mended, ended }),
    ).finally(async () => {
      // Servers that were refused by the database try it again.
      await tools.invalidate(tenantKey);
      await tools.invalidateSessions(tenantKey);
    });
    const { changes, migrations, remarks } = done.mended;
    const outcome = done.ended ? 'adopted' : 'incomplete';
    const { statements } = changes;
    return { ...about, outcome, ended: done.ended, migrations, statements, remarks };
  });
}

async function adopt(tools: RestoreTools, restoration: Restoration, from: TenantIdentity | null) {
  const mended = await mendDatabase(tools, restoration);
  if (!from || mended.changes.statements.length > 0) return { mended, ended: null };
  const { tenant } = restoration;
  const ended = await asOwner(tools, restoration, async (client) => {
    await remarkDatabase(client, from, tenant);
    const secrets = await endHandedOutSecrets(client);
    await recordInTenant(client, operatorOf(tools), {
      action: 'tenant.adopt_database',
      entityType: 'Tenant',
      changes: {
        ...changesBetween({ marker: describeTenant(from) }, { marker: describeTenant(tenant) }),
        ...changesBetween(null, { ...secrets }),
      },
    });
    return secrets;
  });
  return { mended, ended };
}

/** Neither tenant is moved, or has its credentials changed, in the meantime. */
function withLocks<T>(
  { centralDatabaseUrl }: RestoreTools,
  tenantKey: string,
  markedAs: string,
  work: () => Promise<T>,
): Promise<T> {
  return withCredentialsLock(centralDatabaseUrl, tenantKey, () =>
    markedAs === tenantKey ? work() : withCredentialsLock(centralDatabaseUrl, markedAs, work),
  );
}

interface Expectation {
  readonly tenant: TenantRow;
  /** The tenant that has the typed key today. */
  readonly namesake: TenantRow | null;
  readonly typed: TypedMarker;
  readonly where: string;
  readonly flags: string;
}

/** @throws {RestoreError} when the marker is not the one that was typed. */
function identify(
  found: RestoredMarker,
  { tenant, namesake, typed, where, flags }: Expectation,
): TenantIdentity {
  if (found === 'empty') {
    throw new RestoreError(
      `The database at ${where} has no tables of a tenant: restore the dump into it first.`,
    );
  }
  if (typeof found === 'string') {
    throw new RestoreError(
      `The database at ${where} does not say whose it is: it has no marker. If it is tenant ${tenant.tenantKey}'s: npx tsx scripts/repair-tenant-database.ts --trust --tenant-key ${tenant.tenantKey} ${flags}`,
    );
  }
  if (isSameTenant(found, tenant)) return found;
  const isTyped = found.tenantKey === typed.markedAs && (typed.markedId ?? found.id) === found.id;
  if (!isTyped) {
    throw new RestoreError(
      `The database at ${where} is marked as that of tenant ${describeTenant(found)}, not of tenant ${typed.markedAs}${typed.markedId === undefined ? '' : ` (id ${typed.markedId})`}: nothing was changed.`,
    );
  }
  if (typed.markedId === undefined && !(namesake && isSameTenant(found, namesake))) {
    throw new RestoreError(
      `The database at ${where} is marked as that of tenant ${describeTenant(found)}, and ${namesake ? `tenant ${namesake.tenantKey} has the id ${namesake.id} today` : 'there is no such tenant today'}. If that one is meant, say so with --marked-id ${found.id}.`,
    );
  }
  return found;
}
