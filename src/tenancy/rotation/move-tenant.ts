import pg from 'pg';
import { z } from 'zod';
import { changesBetween } from '../../auth/audit/audit-entry.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import type { Datasource } from '../../db/datasource.ts';
import { assertUtf8 } from '../../db/roles-and-databases.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { recordOperation } from '../operator.ts';
import { placeFlags } from '../restore/restored-place.ts';
import { tenantDatasource } from '../tenant.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { withCredentialsLock } from './credentials-lock.ts';
import type { RotationTools } from './rotate-credentials.ts';
import { RotationError } from './rotation-error.ts';

/** Where a tenant's database is from now on. What is absent stays. */
export interface NewPlace {
  readonly dbHost?: string | undefined;
  readonly dbPort?: number | undefined;
  readonly dbName?: string | undefined;
}

/** How it was found out that the tenant's data is there. */
export type DataProof = 'marker' | 'first-user' | 'trusted';

/** What has become of it. */
export interface MoveOutcome {
  readonly moved: boolean;
  readonly from: string;
  readonly to: string;
  readonly proof: DataProof;
}

const markerSchema = z.array(z.object({ id: z.int(), tenantKey: z.string() }));
const firstUserSchema = z.array(z.object({ id: z.string() }));

/**
 * Sends a tenant's requests to where its database is now: another address of the same server, or a server to which
 * the data and the roles have been brought. Requests that run finish where they began.
 * @param trusted goes on although nothing proves that the data there is the tenant's.
 * @throws {RotationError} when the tenant can't sign in there, or what is there is not known to be its own.
 */
export async function moveTenant(
  tools: RotationTools,
  tenantKey: string,
  place: NewPlace,
  trusted = false,
): Promise<MoveOutcome> {
  return withCredentialsLock(tools.centralDatabaseUrl, tenantKey, async () => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (!tenant) throw new RotationError(`There is no tenant ${tenantKey}.`);
    const before = pick(tenant);
    const after = {
      dbHost: place.dbHost ?? tenant.dbHost,
      dbPort: place.dbPort ?? tenant.dbPort,
      dbName: place.dbName ?? tenant.dbName,
    };
    const [old, next] = await Promise.all([
      tenantDatasource(tenant, tools.secrets),
      tenantDatasource({ ...tenant, ...after }, tools.secrets),
    ]);
    const proof = await proveData(tenant, old, next, trusted);
    if (!trusted)
      await assertOwned(tenant, after, await ownerDatasource({ ...tenant, ...after }, tools.secrets));
    // Also when nothing has changed, or the answer was lost: the tenant may have been moved by now or by an earlier run.
    await store(tools, tenant, after, proof).finally(() => tools.invalidate(tenantKey));
    const [from, to] = [describe(before), describe(after)];
    return { moved: from !== to, from, to, proof };
  });
}

async function proveData(
  { id, tenantKey }: TenantRow,
  old: Datasource,
  next: Datasource,
  trusted: boolean,
): Promise<DataProof> {
  const place = describe({ dbHost: next.host, dbPort: next.port, dbName: next.database });
  const there = await withConnection(next, async (client) => {
    await assertUtf8(client, next.database);
    return readIdentity(client);
  }).catch((error: unknown) => {
    throw new RotationError(
      `Tenant ${tenantKey} can't work at ${place}: ${reasonOf(error)}.${remedyOf(error, tenantKey, next)}`,
      { cause: error },
    );
  });
  const { marker } = there;
  if (marker) {
    if (marker.id === id && marker.tenantKey === tenantKey) return 'marker';
    throw new RotationError(
      `The database at ${place} is that of tenant ${marker.tenantKey} (id ${marker.id}).${adoptionOf(tenantKey, marker.tenantKey, next)}`,
    );
  }
  if (trusted) return 'trusted';
  const here = await withConnection(old, readIdentity).catch(() => null);
  if (here?.firstUser !== undefined && here.firstUser === there.firstUser) return 'first-user';
  throw new RotationError(
    here
      ? `The database at ${place} is not that of tenant ${tenantKey}: the first of its users is another one.`
      : `Nothing proves that the database at ${place} is that of tenant ${tenantKey}, since the one of now does not answer. With --trust it is taken for it.`,
  );
}

const ownersSchema = z.array(z.object({ owned: z.boolean() }));

/**
 * Makes sure that the tenant's owner owns the database, so that it can be migrated there. An older tenant has no owner
 * yet.
 * @throws {RotationError}
 */
async function assertOwned({ tenantKey }: TenantRow, place: Place, owner: Datasource | null): Promise<void> {
  if (!owner) return;
  const fail = (reason: string, cause?: unknown): never => {
    const command = `npx tsx scripts/repair-tenant-database.ts --tenant-key ${tenantKey} ${placeFlags(place)}`;
    throw new RotationError(
      `Tenant ${tenantKey} can't be migrated at ${describe(place)}: ${reason}. If it was restored from a dump: ${command}`,
      { cause },
    );
  };
  const rows = await withConnection(owner, async (client) => {
    const found = await client.query(
      `SELECT (SELECT datdba FROM pg_database WHERE datname = current_database()) = current_user::regrole
              AND nspowner = current_user::regrole AS owned
       FROM pg_namespace WHERE nspname = 'sys'`,
    );
    return ownersSchema.parse(found.rows);
  }).catch((error: unknown) => fail(reasonOf(error), error));
  if (rows.some(({ owned }) => !owned)) fail('the database and its tables belong to another role');
}

/** A role that is missing or has another password, and whatever is closed to it: what a dump does not bring along. */
const mendable = ['28P01', '28000', '42501'];

function remedyOf(error: unknown, tenantKey: string, { host, port, database }: Datasource): string {
  if (!(error instanceof pg.DatabaseError && mendable.includes(error.code ?? ''))) return '';
  const flags = placeFlags({ dbHost: host, dbPort: port, dbName: database });
  return ` If it was restored from a dump: npx tsx scripts/repair-tenant-database.ts --tenant-key ${tenantKey} ${flags}`;
}

function adoptionOf(tenantKey: string, markedAs: string, { host, port, database }: Datasource): string {
  const flags = placeFlags({ dbHost: host, dbPort: port, dbName: database });
  return ` If it is meant to become tenant ${tenantKey}'s: npx tsx scripts/adopt-tenant-database.ts --tenant-key ${tenantKey} --marked-as ${markedAs} ${flags}`;
}

/** What tells one tenant's database from another's: its marker, if it has one, and the first of its users. */
async function readIdentity(client: pg.Client) {
  const { rows: found } = await client.query(`SELECT 1 WHERE to_regclass('sys.tenant_marker') IS NOT NULL`);
  const markers =
    found.length === 0
      ? []
      : markerSchema.parse(
          (await client.query('SELECT tenant_id AS id, tenant_key AS "tenantKey" FROM sys.tenant_marker'))
            .rows,
        );
  // Users are never removed, only marked as deleted.
  const { rows } = await client.query('SELECT id::text FROM sys.users ORDER BY created_at, id LIMIT 1');
  return { marker: markers[0], firstUser: firstUserSchema.parse(rows)[0]?.id };
}

async function store(tools: RotationTools, tenant: TenantRow, after: Place, proof: DataProof): Promise<void> {
  const { id, tenantKey } = tenant;
  const moves = changesBetween(pick(tenant), after);
  const count = await tools.central
    .$transaction(async (transaction) => {
      const updated = await transaction.tenant.updateMany({ where: { id, ...pick(tenant) }, data: after });
      if (updated.count > 0 && Object.keys(moves).length > 0) {
        const changes = { ...moves, ...changesBetween(null, { proof }) };
        await recordOperation(
          { ...tools, central: transaction },
          { action: 'tenant.move_database', entityType: 'Tenant', entityId: tenantKey, changes },
          tenantKey,
        );
      }
      return updated.count;
    })
    .catch((error: unknown) => {
      if (constraintViolation(error)?.kind !== 'unique') throw error;
      throw new RotationError(`Another tenant has its database at ${describe(after)}.`, { cause: error });
    });
  if (count === 0) throw new RotationError(`Somebody has moved tenant ${tenantKey} in the meantime.`);
}

type Place = Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'>;

const pick = ({ dbHost, dbPort, dbName }: Place): Place => ({ dbHost, dbPort, dbName });

function describe({ dbHost, dbPort, dbName }: Place): string {
  return `${dbHost.includes(':') ? `[${dbHost}]` : dbHost}:${dbPort}/${dbName}`;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.trim().split('\n').at(-1) || 'it does not answer';
}
