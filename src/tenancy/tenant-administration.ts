import type { Datasource } from '../config/datasource.ts';
import { defaultTls, withoutCertificate } from '../config/tls-settings.ts';
import { tenantRoleMark } from '../db/role-marks.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { type AddressColumns, directAddress, type ServerAddress } from './tenant-address.ts';
import { assertAdministrationIsProtected, assertTenantIsProtected, type TlsPolicy } from './tenant-tls.ts';

/** The administrator of tenants' servers, and the policy on where their password may be used. */
export interface AdministrationTools {
  /** A connection whose user may change the tenants' roles. */
  readonly tenantAdminDatasource: Datasource;
  readonly secrets: TlsPolicy;
}

/**
 * The administrator's account, on the server that the tenant's database is on. The way there is encrypted as the
 * administrator's URL says if it names that server, and otherwise as the tenant's record says. A client certificate
 * names a role, so it is always the administrator's own.
 * @throws {UnusableServerError} when TLS is missing there, and required.
 */
export function administrationOf(
  { tenantAdminDatasource, secrets }: AdministrationTools,
  tenant: AddressColumns & { readonly tenantKey: string },
): Datasource {
  assertTenantIsProtected(tenant, secrets);
  const administration = administrationAt(tenantAdminDatasource, directAddress(tenant));
  assertAdministrationIsProtected(administration, secrets);
  return administration;
}

function administrationAt(administrator: Datasource, address: ServerAddress): Datasource {
  const { host, port, tls } = administrator;
  if (address.host === host && address.port === port) return administrator;
  const server = withoutCertificate(address.tls ?? defaultTls);
  const { sslmode: _mode, sslrootcert: _root, ...own } = tls ?? defaultTls;
  return { ...administrator, ...address, tls: { ...server, ...own } };
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
