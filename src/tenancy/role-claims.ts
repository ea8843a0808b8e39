import { changesBetween } from '../audit/audit-entry.ts';
import type { Datasource } from '../config/datasource.ts';
import { assertAdministers } from '../db/administrator-rights.ts';
import { markRoles, readRoleMarks } from '../db/role-marks.ts';
import { passwordOpens } from '../db/role-sign-ins.ts';
import { assertSessionNotAnothers } from '../db/tenant-marker.ts';
import { withConnection } from '../db/with-connection.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { type RecordingTools, recordAround } from './operator.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { tenantRoles } from './sign-in-roles.ts';
import { tenantDatasource } from './tenant.ts';
import { directAddress } from './tenant-address.ts';
import { administrationOf, earlierOwnerMark, ownerMark } from './tenant-administration.ts';
import { formerOwnerRoleName, ownerDatasource } from './tenant-owner.ts';

/** The dependencies of claiming roles. */
export interface RoleClaimTools extends RecordingTools {
  readonly secrets: Pick<TenantSecrets, 'read' | 'requireTls'>;
  /** A connection whose user may change the tenants' roles. */
  readonly tenantAdminDatasource: Datasource;
}

/**
 * Marks the tenant's roles as its own if an earlier version has marked them, which named only the key, or a central
 * database from before this one was restored. That they are the tenant's is proven by a recorded password that opens
 * them, and by the database's marker if it has one. Without that proof, the roles keep their marks.
 * @throws {MarkerMismatch} when a password opens a database that is another tenant's.
 * @throws {AdministratorRightsError} when the administrator may not change the tenant's roles.
 */
export async function claimRoles(tools: RoleClaimTools, tenant: TenantRow): Promise<void> {
  const { tenantKey, dbUser, dbOwnerUser } = tenant;
  // An operator's roles bear no marks.
  if (tenant.dbIsProvided) return;
  const administration = administrationOf(tools, tenant);
  const mark = ownerMark(tenant);
  const roles = [...tenantRoles(tenant), ...(dbOwnerUser === null ? [formerOwnerRoleName(dbUser)] : [])];
  await withConnection(administration, async (client) => {
    await assertAdministers(client, mark);
    const marks = await readRoleMarks(client, roles);
    const unclaimed = [...marks]
      .filter(([, found]) => found !== mark && isOfKey(found, tenant))
      .map(([role]) => role);
    if (unclaimed.length === 0 || !(await provesOwnership(tools, tenant, [...marks.keys()]))) return;
    await recordAround(
      tools,
      {
        action: 'tenant.mark_roles',
        entityType: 'Tenant',
        entityId: tenantKey,
        changes: changesBetween(null, { roles: unclaimed }),
      },
      tenantKey,
      () => markRoles(client, unclaimed, mark),
    );
  });
}

/** Tells whether a mark names the tenant's key, with whatever registration. */
export function isOfKey(mark: string | null, { tenantKey }: Pick<TenantRow, 'tenantKey'>): boolean {
  const earlier = earlierOwnerMark(tenantKey);
  return mark !== null && (mark === earlier || mark.startsWith(`${earlier} `));
}

/**
 * The owner's password is always a generated one. That of the application may have been chosen for two tenants, so it
 * proves something only where there is no owner yet.
 */
async function provesOwnership(
  { secrets }: RoleClaimTools,
  tenant: TenantRow,
  existing: readonly string[],
): Promise<boolean> {
  const owner = await ownerDatasource(tenant, secrets);
  const datasource =
    owner && existing.includes(owner.user)
      ? owner
      : await tenantDatasource(tenant, secrets, directAddress(tenant));
  return passwordOpens(datasource, (session) => assertSessionNotAnothers(session, tenant));
}
