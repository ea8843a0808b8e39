import type { Datasource } from '../config/datasource.ts';
import { defaultTls, isLocalHost, requiresTls } from '../config/tls-settings.ts';
import { UnusableServerError } from '../db/unusable-server-error.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { type AddressColumns, directAddress, type ServerAddress, servingAddress } from './tenant-address.ts';

/** The policy on whether passwords may be used only where the way to the database is encrypted. */
export type TlsPolicy = Pick<TenantSecrets, 'requireTls'>;

/** Returns whether somebody on the way to a server could read along, or answer in its place. */
function isUnprotected({ host, tls = defaultTls }: ServerAddress): boolean {
  return !isLocalHost(host) && !requiresTls(tls);
}

/** Returns the address of a tenant that lacks TLS: a pooler's, or the server's own; null when none does. */
export function unprotectedHost(tenant: AddressColumns): string | null {
  return [servingAddress(tenant), directAddress(tenant)].find(isUnprotected)?.host ?? null;
}

/** Explains how to give a tenant TLS. */
export function tlsRemedy(tenantKey: string): string {
  return `npx tsx scripts/move-tenant.ts --tenant-key ${tenantKey} --db-sslmode verify-full --db-sslrootcert …`;
}

/** Returns whether the policy refuses a tenant's place. */
export function isRefused(tenant: AddressColumns, { requireTls = false }: TlsPolicy): boolean {
  return requireTls && unprotectedHost(tenant) !== null;
}

/** @throws {UnusableServerError} before any password is read or sent, when the policy refuses the tenant's place. */
export function assertTenantIsProtected(
  tenant: AddressColumns & { readonly tenantKey: string },
  { requireTls = false }: TlsPolicy,
): void {
  const host = requireTls ? unprotectedHost(tenant) : null;
  if (host === null) return;
  throw new UnusableServerError(
    `TENANT_DATABASE_REQUIRE_TLS refuses tenant ${tenant.tenantKey}, whose database is on ${host} and whose settings don't require TLS: ${tlsRemedy(tenant.tenantKey)}`,
  );
}

/** @throws {UnusableServerError} when the policy refuses the administrator's way to a tenant's server. */
export function assertAdministrationIsProtected(
  administration: Datasource,
  { requireTls = false }: TlsPolicy,
): void {
  if (!requireTls || !isUnprotected(administration)) return;
  throw new UnusableServerError(
    `TENANT_DATABASE_REQUIRE_TLS refuses TENANT_ADMIN_DATABASE_URL on ${administration.host}: its sslmode must be require, verify-ca or verify-full.`,
  );
}
