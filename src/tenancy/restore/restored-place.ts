import pg from 'pg';
import { placeOf } from '../../config/datasource.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { readDatabaseIdentity } from '../../db/database-identity.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { tenantDatasource } from '../tenant.ts';
import {
  type AddressColumns,
  describeTlsProblem,
  directAddress,
  type TlsColumns,
} from '../tenant-address.ts';
import { RestoreError } from './restore-error.ts';

/** The place of a restored database, on the server itself: what is done there needs sessions of its own. */
export type RestoredPlace = Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'> &
  TlsColumns & {
    readonly dbDirectHost: null;
    readonly dbDirectPort: null;
  };

type TenantPlace = AddressColumns & Pick<TenantRow, 'dbName'>;

/** The place as an operator names it; what is absent is as the tenant's row has it. */
export interface NamedPlace {
  readonly dbHost?: string | undefined;
  readonly dbPort?: number | undefined;
  readonly dbName?: string | undefined;
  readonly dbSslmode?: string | undefined;
  readonly dbSslrootcert?: string | undefined;
}

/** The dependencies of finding out whose a place is. */
export interface PlaceTools {
  readonly central: CentralClient;
  readonly secrets: Pick<TenantSecrets, 'read'>;
}

/** Completes a named place. @throws {RestoreError} when its use of TLS doesn't fit together. */
export function completePlace(tenant: TenantPlace, named: NamedPlace): RestoredPlace {
  const { host, port } = directAddress(tenant);
  const tls = {
    dbSslmode: named.dbSslmode ?? tenant.dbSslmode,
    dbSslrootcert: named.dbSslrootcert ?? tenant.dbSslrootcert,
    dbSslcert: tenant.dbSslcert,
    dbSslkey: tenant.dbSslkey,
  };
  const problem = describeTlsProblem(tls);
  if (problem !== null) throw new RestoreError(problem);
  return {
    ...tls,
    dbHost: named.dbHost ?? host,
    dbPort: named.dbPort ?? port,
    dbName: named.dbName ?? tenant.dbName,
    dbDirectHost: null,
    dbDirectPort: null,
  };
}

/** Returns whether a tenant is served from that place, by name. */
export function isSamePlace(tenant: TenantPlace, { dbHost, dbPort, dbName }: RestoredPlace): boolean {
  const { host, port } = directAddress(tenant);
  return host === dbHost && port === dbPort && tenant.dbName === dbName;
}

/** A place as messages name it. */
export function describePlace({
  dbHost,
  dbPort,
  dbName,
}: Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'>): string {
  return placeOf({ host: dbHost, port: dbPort, database: dbName });
}

/**
 * Asserts that the connected database is no other tenant's at present, by whatever address that one reaches it.
 * @throws {RestoreError} when another tenant is served from it.
 */
export async function assertNobodyElses(
  tools: PlaceTools,
  tenant: Pick<TenantRow, 'id'>,
  place: RestoredPlace,
  client: pg.Client,
): Promise<void> {
  const namesakes = await tools.central.tenant.findMany({
    where: { dbName: place.dbName, id: { not: tenant.id } },
    orderBy: { id: 'asc' },
  });
  const here = await readDatabaseIdentity(client);
  for (const other of namesakes) {
    if (isSamePlace(other, place) || (await identityOf(tools, other, place)) === here) {
      throw new RestoreError(
        `The database at ${describePlace(place)} is the one that tenant ${other.tenantKey} is served from: nothing was changed.`,
      );
    }
  }
}

const noSuchDatabase = '3D000';

/**
 * Null when there is no such database any more.
 * @throws {RestoreError} when it can't be asked: it may be the connected one, by a name that is not known here.
 */
async function identityOf(
  { secrets }: PlaceTools,
  other: TenantRow,
  place: RestoredPlace,
): Promise<string | null> {
  try {
    const at = await tenantDatasource(other, secrets, directAddress(other));
    // Also through a pooler that nobody has said to be one.
    return await withConnection({ ...at, ...poolable }, readDatabaseIdentity);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === noSuchDatabase) return null;
    throw new RestoreError(
      `Tenant ${other.tenantKey} is served from a database of the same name, which can't be asked whether it is the one at ${describePlace(place)}: ${reasonOf(error)} Nothing was changed. Restore the dump under another name, or make that one answer.`,
      { cause: error },
    );
  }
}
