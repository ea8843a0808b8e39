import type { Datasource } from '../db/datasource.ts';
import { tenantRoleMark } from '../db/role-membership.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';

/** The administrator's account, on the server that the tenant's database is on. */
export function administrationOf(
  tenantAdminDatasource: Datasource,
  { dbHost, dbPort }: Pick<TenantRow, 'dbHost' | 'dbPort'>,
): Datasource {
  return { ...tenantAdminDatasource, host: dbHost, port: dbPort };
}

/** The mark on a tenant's roles, and on its database while it is being removed. */
export function ownerMark(tenantKey: string): string {
  return `${tenantRoleMark}${tenantKey}`;
}
