import type pg from 'pg';
import { z } from 'zod';
import type { CentralClient } from '../../db/central-client.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { serverOf } from '../server-limits.ts';
import { tenantDatasource } from '../tenant.ts';
import { RestoreError } from './restore-error.ts';

/** The place of a restored database. */
export type RestoredPlace = Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'>;

/** The place as an operator names it; what is absent is as the tenant's row has it. */
export interface NamedPlace {
  readonly dbHost?: string | undefined;
  readonly dbPort?: number | undefined;
  readonly dbName?: string | undefined;
}

/** The dependencies of finding out whose a place is. */
export interface PlaceTools {
  readonly central: CentralClient;
  readonly secrets: Pick<TenantSecrets, 'read'>;
}

/** Completes a named place. */
export function completePlace({ dbHost, dbPort, dbName }: RestoredPlace, named: NamedPlace): RestoredPlace {
  return {
    dbHost: named.dbHost ?? dbHost,
    dbPort: named.dbPort ?? dbPort,
    dbName: named.dbName ?? dbName,
  };
}

/** Returns whether both are the same place by name. */
export function isSamePlace(one: RestoredPlace, other: RestoredPlace): boolean {
  return one.dbHost === other.dbHost && one.dbPort === other.dbPort && one.dbName === other.dbName;
}

/** A place as messages name it. */
export function describePlace({ dbHost, dbPort, dbName }: RestoredPlace): string {
  return `${serverOf({ host: dbHost, port: dbPort })}/${dbName}`;
}

/** The flags of our scripts that name a place. */
export function placeFlags({ dbHost, dbPort, dbName }: RestoredPlace): string {
  return `--db-host ${dbHost} --db-port ${dbPort} --db-name ${dbName}`;
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
  const here = await readIdentity(client);
  for (const other of namesakes) {
    if (isSamePlace(other, place) || (await identityOf(tools, other)) === here) {
      throw new RestoreError(
        `The database at ${describePlace(place)} is the one that tenant ${other.tenantKey} is served from: nothing was changed.`,
      );
    }
  }
}

/** Null for a database that can't be asked: then it is not the connected one, which answers. */
async function identityOf({ secrets }: PlaceTools, other: TenantRow): Promise<string | null> {
  try {
    return await withConnection(await tenantDatasource(other, secrets), readIdentity);
  } catch {
    return null;
  }
}

const identitySchema = z.tuple([z.object({ identity: z.string() })]);

/** Reads what no two databases have in common, of any servers: its number, and when its server was started. */
async function readIdentity(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `SELECT oid || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS identity
     FROM pg_database WHERE datname = current_database()`,
  );
  return identitySchema.parse(rows)[0].identity;
}
