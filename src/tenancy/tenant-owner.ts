import type { Datasource } from '../config/datasource.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import type { SecretName } from './secrets/secret-provider.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { type AddressColumns, directAddress } from './tenant-address.ts';
import { assertTenantIsProtected } from './tenant-tls.ts';

/** The suffix of an owner's name. Tenant keys have no hyphen, so no other tenant's application can have that name. */
const ownerSuffix = '-owner';

/** The former suffix: with it, the owner of tenant `acme` was named like the application of a tenant `acme_owner`. */
const formerOwnerSuffix = '_owner';

/** The suffix of the second of two roles that take turns to sign in. */
export const otherSuffix = '-b';

/** PostgreSQL cuts longer names off silently. */
export const maximumNameLength = 63;

/** The maximum length of a new application's role name, so that no role name derived from it is too long. */
export const maximumApplicationRoleLength = maximumNameLength - ownerSuffix.length - otherSuffix.length;

/** The role that owns the database in which the application is `dbUser`. @throws when `dbUser` is too long. */
export function ownerRoleName(dbUser: string): string {
  const owner = futureOwnerRole(dbUser);
  if (owner.length > maximumNameLength) {
    throw new Error(
      `The role ${dbUser} needs a name of at most ${maximumNameLength - ownerSuffix.length} characters, so that its owner's can be ${owner}.`,
    );
  }
  return owner;
}

/** The name that the owner would have, for an application's role that may never get one. */
export function futureOwnerRole(dbUser: string): string {
  return `${dbUser}${ownerSuffix}`;
}

/** The name that {@link ownerRoleName} returned in earlier versions. */
export function formerOwnerRoleName(dbUser: string): string {
  return `${dbUser}${formerOwnerSuffix}`;
}

/** The application's role that an owner's name was derived from; null if it was not derived from one. */
export function applicationOfOwner(owner: string): string | null {
  const suffix = [ownerSuffix, formerOwnerSuffix].find((candidate) => owner.endsWith(candidate));
  return suffix === undefined ? null : owner.slice(0, -suffix.length);
}

/** The password of the role that owns the database. */
export function ownerSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'owner' };
}

/**
 * Returns the address of the tenant's database and its owner's credentials: for migrations, never for requests. Null
 * for a tenant that is older than this role, until it is migrated.
 */
export async function ownerDatasource(
  tenant: AddressColumns &
    Pick<TenantRow, 'tenantKey' | 'dbName' | 'dbOwnerUser' | 'dbOwnerPasswordEncrypted'>,
  secrets: Pick<TenantSecrets, 'read' | 'requireTls'>,
): Promise<Datasource | null> {
  if (tenant.dbOwnerUser === null || tenant.dbOwnerPasswordEncrypted === null) return null;
  assertTenantIsProtected(tenant, secrets);
  return {
    ...directAddress(tenant),
    database: tenant.dbName,
    user: tenant.dbOwnerUser,
    password: await secrets.read(ownerSecret(tenant.tenantKey), tenant.dbOwnerPasswordEncrypted),
  };
}
