import type { Datasource } from '../db/datasource.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import type { SecretName } from './secrets/secret-provider.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';

/** What the owner's name has more than the application's. */
export const ownerSuffix = '_owner';

/** PostgreSQL cuts longer names off silently. */
const maximumNameLength = 63;

/** How long the name of an application's role may be, so that its owner's name is none too long. */
export const maximumApplicationRoleLength = maximumNameLength - ownerSuffix.length;

/** The role that owns the database in which the application is `dbUser`. @throws when `dbUser` is too long. */
export function ownerRoleName(dbUser: string): string {
  if (dbUser.length > maximumApplicationRoleLength) {
    throw new Error(
      `The role ${dbUser} needs a name of at most ${maximumApplicationRoleLength} characters, so that its owner's can be ${dbUser}${ownerSuffix}.`,
    );
  }
  return `${dbUser}${ownerSuffix}`;
}

/** The password of the role that owns the database. */
export function ownerSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'owner' };
}

/**
 * Where the tenant's database is and how its owner signs in to it: for migrations, never for requests. Null for
 * a tenant that is older than this role, until it is migrated.
 */
export async function ownerDatasource(
  tenant: Pick<
    TenantRow,
    'tenantKey' | 'dbHost' | 'dbPort' | 'dbName' | 'dbOwnerUser' | 'dbOwnerPasswordEncrypted'
  >,
  secrets: Pick<TenantSecrets, 'read'>,
): Promise<Datasource | null> {
  if (tenant.dbOwnerUser === null || tenant.dbOwnerPasswordEncrypted === null) return null;
  return {
    host: tenant.dbHost,
    port: tenant.dbPort,
    database: tenant.dbName,
    user: tenant.dbOwnerUser,
    password: await secrets.read(ownerSecret(tenant.tenantKey), tenant.dbOwnerPasswordEncrypted),
  };
}
