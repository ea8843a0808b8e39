import { type Datasource, defaultPort } from '../../config/datasource.ts';
import { type TlsSettings, withoutCertificate } from '../../config/tls-settings.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { tenantRoles } from '../sign-in-roles.ts';
import { type AddressColumns, describeTlsProblem, type TlsColumns, tlsColumns } from '../tenant-address.ts';
import { ownerRoleName } from '../tenant-owner.ts';
import { isRefused, type TlsPolicy } from '../tenant-tls.ts';
import { ProvisioningError } from './provisioning-error.ts';
import type { ProvisioningRequest } from './provisioning-request.ts';

/** The defaults for what a new tenant's request leaves open. */
export interface PlaceDefaults {
  /** The administrator's, whose server is the default. */
  readonly tenantAdminDatasource: Datasource;
  /** The use of TLS; on the administrator's server, that of its URL unless this is set. */
  readonly tenantTls?: TlsSettings | undefined;
  /** The policy that may refuse a place without TLS. */
  readonly secrets: TlsPolicy;
}

/** The location of a tenant's database, and the roles that sign in to it. */
export type DatabasePlace = AddressColumns &
  Pick<TenantRow, 'dbName' | 'dbUser' | 'dbIsProvided'> & { readonly dbOwnerUser: string };

/** The error message for a request that names another tenant's database. */
export const databaseTaken = 'Another tenant has its database at that place: choose another --db-name.';

/** The error message for a request whose database is on another host, without TLS. */
const tlsMissing =
  'TENANT_DATABASE_REQUIRE_TLS refuses a database on another host without TLS: set --db-sslmode, or TENANT_DATABASE_SSLMODE, to require, verify-ca or verify-full.';

type Roles = Parameters<typeof tenantRoles>[0];

/** A tenant's key and roles. */
type OtherTenant = Roles & Pick<TenantRow, 'tenantKey'>;

/**
 * Chooses where a new tenant's database goes. Names that the request leaves open are chosen so that no other tenant
 * has them, or can get them by a rotation.
 * @throws {ProvisioningError} when the request names another tenant's database, or a role that is another tenant's or
 * may become so.
 */
export async function choosePlace(
  central: CentralDatabase,
  request: ProvisioningRequest,
  defaults: PlaceDefaults,
): Promise<DatabasePlace> {
  const others = await central.tenant.findMany({
    select: {
      tenantKey: true,
      dbHost: true,
      dbPort: true,
      dbName: true,
      dbUser: true,
      dbOwnerUser: true,
      dbIsProvided: true,
    },
  });
  const address = chooseAddress(request, defaults);
  if (isRefused(address, defaults.secrets)) throw new ProvisioningError(tlsMissing);
  const { dbHost, dbPort } = address;
  const neighbours = others.filter((other) => other.dbHost === dbHost && other.dbPort === dbPort);
  if (neighbours.some(({ dbName }) => dbName === request.dbName)) throw new ProvisioningError(databaseTaken);
  // One server may have several addresses, so a name has to be free on all of them. A database's is seen to be taken
  // when it is made; a role's may be one that another tenant will get only by a rotation.
  const given = givenRoles(request);
  if (given) assertRolesAreFree(given, others);
  const databases = new Set(others.map(({ dbName }) => dbName));
  const roles = new Set(others.flatMap(tenantRoles));
  const dbUser =
    given?.dbUser ?? firstFree(request.tenantKey, (name) => rolesOf(name).every((role) => !roles.has(role)));
  return {
    ...address,
    dbName: request.dbName ?? firstFree(request.tenantKey, (name) => !databases.has(name)),
    dbUser,
    dbOwnerUser: given?.dbOwnerUser ?? ownerRoleName(dbUser),
    dbIsProvided: given?.dbIsProvided ?? false,
  };
}

/** Returns where a new tenant's server is, and how the way there is encrypted. @throws {ProvisioningError} */
export function chooseAddress(
  request: ProvisioningRequest,
  { tenantAdminDatasource, tenantTls }: PlaceDefaults,
): AddressColumns {
  const dbHost = request.dbHost ?? tenantAdminDatasource.host;
  const dbPort = request.dbPort ?? tenantAdminDatasource.port;
  const dbDirectHost = request.dbDirectHost ?? (request.dbDirectPort === undefined ? null : dbHost);
  const dbDirectPort = dbDirectHost === null ? null : (request.dbDirectPort ?? defaultPort);
  const direct = { host: dbDirectHost ?? dbHost, port: dbDirectPort ?? dbPort };
  const { tls: administrators } = tenantAdminDatasource;
  const isAdministrators =
    direct.host === tenantAdminDatasource.host && direct.port === tenantAdminDatasource.port;
  return {
    dbHost,
    dbPort,
    dbDirectHost,
    dbDirectPort,
    ...(requestedTls(request) ??
      tlsColumns(
        tenantTls ?? (isAdministrators && administrators ? withoutCertificate(administrators) : undefined),
      )),
  };
}

/** Settings are taken whole: the CA of one place says nothing of another's. */
function requestedTls(request: ProvisioningRequest): TlsColumns | undefined {
  const columns = {
    dbSslmode: request.dbSslmode ?? null,
    dbSslrootcert: request.dbSslrootcert ?? null,
    dbSslcert: request.dbSslcert ?? null,
    dbSslkey: request.dbSslkey ?? null,
  };
  if (Object.values(columns).every((value) => value === null)) return undefined;
  const problem = describeTlsProblem(columns);
  if (problem !== null) throw new ProvisioningError(problem);
  return columns;
}

/** Tenant keys have no hyphen, so a name with a number is no other tenant's first choice. */
function firstFree(tenantKey: string, isFree: (name: string) => boolean): string {
  const name = `tenant_${tenantKey}`;
  if (isFree(name)) return name;
  for (let number = 2; ; number++) if (isFree(`${name}-${number}`)) return `${name}-${number}`;
}

/** The roles that a request names; null if it leaves them open. */
function givenRoles({ existingDatabase, dbUser, dbOwnerUser }: ProvisioningRequest): Roles | null {
  if (dbUser === undefined) return null;
  return existingDatabase
    ? { dbUser, dbOwnerUser: dbOwnerUser ?? null, dbIsProvided: true }
    : { dbUser, dbOwnerUser: null, dbIsProvided: false };
}

/** @throws {ProvisioningError} when one of the roles is another tenant's, or may become so by a rotation. */
export function assertRolesAreFree(given: Roles, others: readonly OtherTenant[]): void {
  const wanted = new Set(tenantRoles(given));
  for (const other of others) {
    const taken = tenantRoles(other).find((role) => wanted.has(role));
    if (taken !== undefined) {
      throw new ProvisioningError(
        `The role ${taken} is kept for tenant ${other.tenantKey}: choose another ${taken === given.dbOwnerUser ? '--db-owner-user' : '--db-user'}.`,
      );
    }
  }
}

/**
 * Does the same for the rest of a transaction that records the roles: whoever else records some waits for its end.
 * @throws {ProvisioningError}
 */
export async function holdRoles(
  transaction: CentralDatabase,
  tenantKey: string,
  given: Roles,
): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('cxg.tenant-roles', 0))`;
  const others = await transaction.tenant.findMany({
    where: { tenantKey: { not: tenantKey } },
    select: { tenantKey: true, dbUser: true, dbOwnerUser: true, dbIsProvided: true },
  });
  assertRolesAreFree(given, others);
}

const rolesOf = (dbUser: string) => tenantRoles({ dbUser, dbOwnerUser: null, dbIsProvided: false });
