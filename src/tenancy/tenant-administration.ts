import type { Datasource } from '../db/datasource.ts';
import { tenantRoleMark } from '../db/role-marks.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';

/** The administrator's account, on the server that the tenant's database is on. */
export function administrationOf(
  tenantAdminDatasource: Datasource,
  { dbHost, dbPort }: Pick<TenantRow, 'dbHost' | 'dbPort'>,
): Datasource {
  return { ...tenantAdminDatasource, host: dbHost, port: dbPort };
}

/**
 * The mark on a tenant's roles, and on its database while it is being removed. A key may be another tenant's, too: of
 * another central database, or of this one before it was restored. A registration is one tenant's alone.
 */
export function ownerMark({
  tenantKey,
  registrationId,
}: Pick<TenantRow, 'tenantKey' | 'registrationId'>): string {
  return `${earlierOwnerMark(tenantKey)} ${registrationId}`;
}

/** The mark that earlier versions put on roles, and the start of today's. Keys have no spaces. */
export function earlierOwnerMark(tenantKey: string): string {
  return `${tenantRoleMark}${tenantKey}`;
}
