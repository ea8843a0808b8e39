import type pg from 'pg';
import { z } from 'zod';
import { changesBetween } from '../../auth/audit/audit-entry.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import { type Datasource, datasourceUrl, defaultPort } from '../../db/datasource.ts';
import { SharedSessionError } from '../../db/kept-session.ts';
import { assertUtf8 } from '../../db/roles-and-databases.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { recordOperation } from '../operator.ts';
import { checkServing } from '../serving-check.ts';
import { tenantDatasource } from '../tenant.ts';
import { type AddressColumns, describeTlsProblem, directAddress } from '../tenant-address.ts';
import { migrationCommand, readTenantSchema } from '../tenant-schema.ts';
import { withCredentialsLock } from './credentials-lock.ts';
import type { RotationTools } from './rotate-credentials.ts';
import { RotationError } from './rotation-error.ts';

/** Where a tenant's database is from now on, and how the way there is encrypted. What is absent stays. */
export type NewPlace = Partial<Place>;

/** How it was found out that the tenant's data is there. */
export type DataProof = 'marker' | 'first-user' | 'trusted';

/** What has become of it. */
export interface MoveOutcome {
  readonly moved: boolean;
  readonly from: string;
  readonly to: string;
  readonly proof: DataProof;
  /** The migrations that the database there has not had. */
  readonly lacking: readonly string[];
  /** Why what needs the server itself doesn't work there, and what to do; null if it does. */
  readonly remark: string | null;
}

const markerSchema = z.array(z.object({ id: z.int(), tenantKey: z.string() }));
const firstUserSchema = z.array(z.object({ id: z.string() }));
const startSchema = z.tuple([z.object({ startedAt: z.string(), database: z.string() })]);

/**
 * Sends a tenant's requests to where its database is now: another address of the same server, or a server to which
 * the data and the roles have been brought. Requests that run finish where they began. What is there may come from an
 * older dump: a tenant in service is not moved to a schema that its requests would fail on.
 * @param trusted goes on although nothing proves that the data there is the tenant's.
 * @throws {RotationError} when the tenant can't be served there, what is there is not known to be its own, or it lacks
 * migrations and the tenant is in service.
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
    const after = withWholeAddress({ ...before, ...place });
    assertFitsTogether(before, place, after);
    const there = { ...tenant, ...after };
    const [old, next] = await Promise.all([
      tenantDatasource(tenant, tools.secrets),
      tenantDatasource(there, tools.secrets),
    ]);
    const { proof, lacking } = await proveData(tenant, old, next, trusted);
    if (lacking.length > 0 && tenant.status === 'active') {
      throw new RotationError(
        `The database at ${describe(next)} lacks ${lacking.join(', ')}. Suspend tenant ${tenantKey}, move it, run "${migrationCommand(tenantKey)}", and resume it.`,
      );
    }
    const target = { tenant, datasourceUrl: datasourceUrl(next) };
    await checkServing(target, tools.limitsOf(tenant), { acceptsUnmarked: proof !== 'marker' }).catch(
      refuse(tenantKey, next),
    );
    const remark = await checkDirectAddress(
      tenantKey,
      next,
      await tenantDatasource(there, tools.secrets, directAddress(there)),
    );
    // Also when nothing has changed, or the answer was lost: the tenant may have been moved by now or by an earlier run.
    await store(tools, tenant, after, proof).finally(() => tools.invalidate(tenantKey));
    const moved = Object.keys(changesBetween(before, after)).length > 0;
    return { moved, from: describe(old), to: describe(next), proof, lacking, remark };
  });
}

/** A direct address has both parts, or none. */
function withWholeAddress(place: Place): Place {
  if (place.dbDirectHost === null && place.dbDirectPort === null) return place;
  const { dbDirectHost, dbDirectPort } = place;
  return dbDirectHost === null
    ? { ...place, dbDirectPort: null }
    : { ...place, dbDirectPort: dbDirectPort ?? defaultPort };
}

/** @throws {RotationError} naming the flag to change. */
function assertFitsTogether(before: Place, place: NewPlace, after: Place): void {
  const moves = after.dbHost !== before.dbHost || after.dbPort !== before.dbPort;
  if (moves && before.dbDirectHost !== null && place.dbDirectHost === undefined) {
    throw new RotationError(
      `The server itself was at ${before.dbDirectHost}:${before.dbDirectPort}: say where it is now with --db-direct-host, or that there is no pooler with --db-direct-host none.`,
    );
  }
  const problem = describeTlsProblem(after);
  if (problem !== null) throw new RotationError(problem);
}

async function proveData(
  { id, tenantKey }: TenantRow,
  old: Datasource,
  next: Datasource,
  trusted: boolean,
): Promise<Pick<MoveOutcome, 'proof' | 'lacking'>> {
  const place = describe(next);
  const there = await withConnection({ ...next, ...poolable }, async (client) => {
    await assertUtf8(client, next.database);
    return { ...(await readIdentity(client)), lacking: (await readTenantSchema(client)).lacking };
  }).catch(refuse(tenantKey, next));
  const { marker, lacking } = there;
  if (marker) {
    if (marker.id === id && marker.tenantKey === tenantKey) return { proof: 'marker', lacking };
    throw new RotationError(
      `The database at ${place} is that of tenant ${marker.tenantKey} (id ${marker.id}).`,
    );
  }
  if (trusted) return { proof: 'trusted', lacking };
  const here = await withConnection({ ...old, ...poolable }, readIdentity).catch(() => null);
  if (here?.firstUser !== undefined && here.firstUser === there.firstUser) {
    return { proof: 'first-user', lacking };
  }
  throw new RotationError(
    here
      ? `The database at ${place} is not that of tenant ${tenantKey}: the first of its users is another one.`
      : `Nothing proves that the database at ${place} is that of tenant ${tenantKey}, since the one of now does not answer. With --trust it is taken for it.`,
  );
}

function refuse(tenantKey: string, place: Datasource) {
  return (error: unknown) => {
    throw new RotationError(`Tenant ${tenantKey} can't work at ${describe(place)}: ${reasonOf(error)}.`, {
      cause: error,
    });
  };
}

/**
 * Looks at the server itself, whose address nothing uses before the next migration. A pooler that is not known to be
 * one is no reason to refuse: requests are served through it.
 * @returns a remark on it.
 * @throws {RotationError} when the direct address leads elsewhere, or to a pooler.
 */
async function checkDirectAddress(
  tenantKey: string,
  serving: Datasource,
  direct: Datasource,
): Promise<string | null> {
  if (direct.host === serving.host && direct.port === serving.port) {
    return withConnection(direct, async () => null).catch((error: unknown) => {
      if (error instanceof SharedSessionError) return error.message;
      return refuse(tenantKey, direct)(error);
    });
  }
  const [server, behindPooler] = await Promise.all([
    withConnection(direct, readStart).catch(refuse(tenantKey, direct)),
    withConnection({ ...serving, ...poolable }, readStart),
  ]);
  if (server.startedAt !== behindPooler.startedAt || server.database !== behindPooler.database) {
    throw new RotationError(
      `What is at ${describe(serving)} is not in front of the server at ${describe(direct)}: check --db-direct-host and --db-direct-port.`,
    );
  }
  return null;
}

/** No two servers have started in the same microsecond. */
async function readStart(client: pg.Client) {
  const { rows } = await client.query(
    `SELECT extract(epoch FROM pg_postmaster_start_time())::text AS "startedAt",
            (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`,
  );
  return startSchema.parse(rows)[0];
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
      throw new RotationError('Another tenant has its database at that place.', { cause: error });
    });
  if (count === 0) throw new RotationError(`Somebody has moved tenant ${tenantKey} in the meantime.`);
}

type Place = AddressColumns & Pick<TenantRow, 'dbName'>;

const pick = ({
  dbHost,
  dbPort,
  dbName,
  dbDirectHost,
  dbDirectPort,
  dbSslmode,
  dbSslrootcert,
  dbSslcert,
  dbSslkey,
}: Place): Place => ({
  dbHost,
  dbPort,
  dbName,
  dbDirectHost,
  dbDirectPort,
  dbSslmode,
  dbSslrootcert,
  dbSslcert,
  dbSslkey,
});

function describe({ host, port, database }: Pick<Datasource, 'host' | 'port' | 'database'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.trim().split('\n').at(-1) || 'it does not answer';
}
