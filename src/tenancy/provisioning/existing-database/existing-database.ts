import { parseDatasourceUrl, placeOf } from '../../../config/datasource.ts';
import type { Tenant as TenantRow } from '../../../generated/central/client.ts';
import { tenantRoles } from '../../sign-in-roles.ts';
import { tenantDatasource } from '../../tenant.ts';
import { directAddress, servingAddress } from '../../tenant-address.ts';
import { ownerMark } from '../../tenant-administration.ts';
import { ownerDatasource } from '../../tenant-owner.ts';
import { choosePlace } from '../database-place.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import type { ProvisioningRequest } from '../provisioning-request.ts';
import type { ProvisioningTools } from '../provisioning-tools.ts';
import { assertSamePlace } from '../registration.ts';
import type { Finding } from './finding.ts';
import { type ExistingDatabase, examineDatabase, type Readiness } from './readiness.ts';

/** An existing database, or one of its roles, is not as a tenant's has to be. */
export class DatabaseNotReadyError extends ProvisioningError {
  override readonly name = 'DatabaseNotReadyError';

  /** Whatever has to be mended. */
  readonly missing: readonly Finding[];

  constructor(place: string, missing: readonly Finding[]) {
    const count = missing.length === 1 ? 'One thing is' : `${missing.length} things are`;
    super(`${count} missing at ${place}, and nothing was changed: fix what is listed, and run this again.`);
    this.missing = missing;
  }
}

/**
 * Looks whether the database and the roles of a request are as a tenant's have to be. Changes nothing, and needs no
 * rights but those of the two roles.
 * @param recorded the unfinished tenant's record, if there is one.
 * @throws {ProvisioningError} when another tenant has that database or one of the roles.
 */
export async function examineExistingDatabase(
  tools: ProvisioningTools,
  request: ProvisioningRequest,
  recorded: TenantRow | null,
): Promise<Readiness & { readonly place: string }> {
  const others = await tools.central.tenant.findMany({
    where: { tenantKey: { not: request.tenantKey } },
    select: { dbUser: true, dbOwnerUser: true, dbIsProvided: true },
  });
  const existing = recorded
    ? await recordedDatabase(tools, request, recorded)
    : await requestedDatabase(tools, request);
  assertNotCentral(tools, existing);
  const mark = recorded && ownerMark(recorded);
  const readiness = await examineDatabase(existing, {
    owns: ({ claim }) => claim !== null && claim === mark,
    otherRoles: others.flatMap(tenantRoles),
  });
  return { ...readiness, place: placeOf(existing.owner) };
}

/** @returns what is better mended. @throws {DatabaseNotReadyError} when something has to be. */
export async function assertDatabaseIsReady(
  tools: ProvisioningTools,
  request: ProvisioningRequest,
  recorded: TenantRow | null,
): Promise<readonly Finding[]> {
  const { missing, remarks, place } = await examineExistingDatabase(tools, request, recorded);
  if (missing.length > 0) throw new DatabaseNotReadyError(place, missing);
  return remarks;
}

/** @throws {ProvisioningError} when a role is the one that works in the central database, which is open to it. */
function assertNotCentral(
  { centralDatabaseUrl }: ProvisioningTools,
  { serving, application, owner }: ExistingDatabase,
): void {
  const central = parseDatasourceUrl(centralDatabaseUrl);
  const isSameServer = [serving, application].some(
    ({ host, port }) => host === central.host && port === central.port,
  );
  if (isSameServer && [application.user, owner.user].includes(central.user)) {
    throw new ProvisioningError(`The role ${central.user} works in the central database: name another one.`);
  }
}

async function requestedDatabase(
  tools: ProvisioningTools,
  request: ProvisioningRequest,
): Promise<ExistingDatabase> {
  const { dbPassword, dbOwnerPassword } = request;
  if (dbPassword === undefined || dbOwnerPassword === undefined) {
    throw new ProvisioningError('An existing database needs the passwords of both of its roles.');
  }
  const place = await choosePlace(tools.central, request, tools);
  const application = { database: place.dbName, user: place.dbUser, password: dbPassword };
  return {
    application: { ...directAddress(place), ...application },
    serving: { ...servingAddress(place), ...application },
    owner: {
      ...directAddress(place),
      database: place.dbName,
      user: place.dbOwnerUser,
      password: dbOwnerPassword,
    },
  };
}

async function recordedDatabase(
  { secrets }: ProvisioningTools,
  request: ProvisioningRequest,
  recorded: TenantRow,
): Promise<ExistingDatabase> {
  assertSamePlace(recorded, request);
  const { dbPassword, dbOwnerPassword } = request;
  const serving = await tenantDatasource(recorded, secrets);
  const owner = await ownerDatasource(recorded, secrets);
  if (!owner) throw new ProvisioningError(`The record of tenant ${recorded.tenantKey} names no owner.`);
  const application = { ...serving, ...(dbPassword === undefined ? {} : { password: dbPassword }) };
  return {
    application: { ...application, ...directAddress(recorded) },
    serving: application,
    owner: { ...owner, ...(dbOwnerPassword === undefined ? {} : { password: dbOwnerPassword }) },
  };
}
