import { z } from 'zod';
import { type Datasource, datasourceUrl } from '../config/datasource.ts';
import type { CentralClient } from '../db/central-client.ts';
import type { TenantTarget } from '../db/connections/tenant-connections.ts';
import type { SecretName } from './secrets/secret-provider.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { type AddressColumns, directAddress, type ServerAddress, servingAddress } from './tenant-address.ts';
import { assertTenantIsProtected } from './tenant-tls.ts';

/**
 * The platform's data about a tenant while serving a request. The password stays sealed, and the database's owner is
 * left out: no request acts as it.
 */
const tenantSchema = z.object({
  id: z.int(),
  tenantKey: z.string(),
  companyName: z.string(),
  status: z.enum(['provisioning', 'active', 'suspended', 'failed', 'archived']),
  plan: z.string(),
  maxUsers: z.int(),
  dbHost: z.string(),
  dbPort: z.int(),
  dbName: z.string(),
  dbUser: z.string(),
  dbPasswordEncrypted: z.string(),
  dbSslmode: z.string().nullable(),
  dbSslrootcert: z.string().nullable(),
  dbSslcert: z.string().nullable(),
  dbSslkey: z.string().nullable(),
  dbDirectHost: z.string().nullable(),
  dbDirectPort: z.int().nullable(),
});

/**
 * A tenant, its settings that its own people may read, by key, and where the keys of its data are, the newest first:
 * known together, and announced together.
 */
export const directoryTenantSchema = tenantSchema.extend({
  dataKeys: z.array(z.string()),
  publicSettings: z.array(z.object({ key: z.string(), value: z.unknown() })),
});

/**
 * One tenant, as the directory knows it and requests are served with it. Scripts and provisioning work with `TenantRow`,
 * the whole row.
 */
export type DirectoryTenant = z.output<typeof directoryTenantSchema>;

/** One setting of a tenant that its own people may read. */
export type PublicSetting = DirectoryTenant['publicSettings'][number];

/** The columns by which the application signs in. */
type SignInColumns = AddressColumns &
  Pick<DirectoryTenant, 'tenantKey' | 'dbName' | 'dbUser' | 'dbPasswordEncrypted'>;

/**
 * Returns the address of the tenant's database and the application's credentials, with the password.
 * @param address for requests by default; scripts, whose sessions have settings of their own, connect directly.
 * @throws {UnusableServerError} before that, when TLS is missing on the way there, and required.
 * @throws {CredentialsError} when there is no such password.
 * @throws {SecretsUnavailableError} when the place where it is kept does not answer.
 */
export async function tenantDatasource(
  tenant: SignInColumns,
  secrets: Pick<TenantSecrets, 'read' | 'requireTls'>,
  address: ServerAddress = servingAddress(tenant),
): Promise<Datasource> {
  assertTenantIsProtected(tenant, secrets);
  return {
    ...address,
    database: tenant.dbName,
    user: tenant.dbUser,
    password: await secrets.read(applicationSecret(tenant.tenantKey), tenant.dbPasswordEncrypted),
  };
}

/** The password of the application's role. */
export function applicationSecret(tenantKey: string): SecretName {
  return { tenantKey, purpose: 'application' };
}

/** The tenant's database as the application opens it: where it is, and whose it has to be. @throws as {@link tenantDatasource}. */
export async function tenantTarget(
  tenant: Pick<DirectoryTenant, 'id'> & SignInColumns,
  secrets: Pick<TenantSecrets, 'read' | 'requireTls'>,
  address: ServerAddress = servingAddress(tenant),
): Promise<TenantTarget> {
  const { id, tenantKey } = tenant;
  return {
    tenant: { id, tenantKey },
    datasourceUrl: datasourceUrl(await tenantDatasource(tenant, secrets, address)),
  };
}

/** The same for a script, which connects to the server itself. @throws as {@link tenantDatasource}. */
export function scriptTarget(
  tenant: Parameters<typeof tenantTarget>[0],
  secrets: Pick<TenantSecrets, 'read' | 'requireTls'>,
): Promise<TenantTarget> {
  return tenantTarget(tenant, secrets, directAddress(tenant));
}

/** Reads a tenant's row with its public settings and data keys, in one statement; null when there is none. */
export async function readTenant(central: CentralClient, tenantKey: string): Promise<DirectoryTenant | null> {
  const row = await central.tenant.findUnique({
    where: { tenantKey },
    include: {
      configs: {
        where: { isPublic: true },
        orderBy: { configKey: 'asc' },
        select: { configKey: true, configValue: true },
      },
      dataKeys: { orderBy: { version: 'desc' }, select: { keyEncrypted: true } },
    },
  });
  if (!row) return null;
  const publicSettings = row.configs.map(({ configKey, configValue }) => ({
    key: configKey,
    value: configValue,
  }));
  const dataKeys = row.dataKeys.map(({ keyEncrypted }) => keyEncrypted);
  return directoryTenantSchema.parse({ ...row, publicSettings, dataKeys });
}
