import pg from 'pg';
import { z } from 'zod';
import { type AuditChanges, changesBetween } from '../../audit/audit-entry.ts';
import { type Datasource, datasourceUrl, defaultPort, placeOf, serverOf } from '../../config/datasource.ts';
import { applyApplicationPrivileges } from '../../db/application-privileges.ts';
import { constraintViolation } from '../../db/database-errors.ts';
import { assertUtf8 } from '../../db/roles-and-databases.ts';
import { describeTenant, isSameTenant, readMarker } from '../../db/tenant-marker.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { recordOperation } from '../operator.ts';
import { holdRoles } from '../provisioning/database-place.ts';
import { withCredentialsLock } from '../rotation/credentials-lock.ts';
import type { RotationTools } from '../rotation/rotate-credentials.ts';
import { checkServing } from '../serving-check.ts';
import { shellWord } from '../shell-word.ts';
import { tenantDatasource } from '../tenant.ts';
import { type AddressColumns, describeTlsProblem, directAddress, placeFlags } from '../tenant-address.ts';
import { rolesAreOurs, TenantChangeError } from '../tenant-change-error.ts';
import { ownerDatasource } from '../tenant-owner.ts';
import { migrationCommand, readTenantSchema } from '../tenant-schema.ts';
import { isRefused } from '../tenant-tls.ts';
import { checkDirectAddress } from './direct-address-check.ts';
import {
  describeRoles,
  examineRoles,
  type NewRoles,
  type RoleColumns,
  retiredRoles,
  storePasswords,
} from './new-roles.ts';

/** The new address of a tenant's database, and the encryption of the way there. What is absent stays. */
export type NewPlace = Partial<Place>;

/** The evidence that the tenant's data is at the new place. */
export type DataProof = 'marker' | 'first-user' | 'trusted';

/** The outcome of a move. */
export interface MoveOutcome {
  readonly moved: boolean;
  readonly from: string;
  readonly to: string;
  /** The columns that have changed, and what they held. */
  readonly changes: AuditChanges;
  readonly proof: DataProof;
  /** The roles that signed in before and do so no more. */
  readonly retired: { readonly application: string | null; readonly owner: string | null };
  /** The migrations that the database there has not had. */
  readonly lacking: readonly string[];
  /** The reason why what needs the server itself doesn't work there, and what to do; null if it does. */
  readonly remark: string | null;
}

const firstUserSchema = z.array(z.object({ id: z.string() }));

/**
 * Repoints a tenant to a database that has already been moved: another address of the same server, or a server to which
 * the data and the roles have been brought. Requests that run finish where they began. What is there may come from an
 * older dump: a tenant in service is not moved to a schema that its requests would fail on.
 * @param trusted continues although nothing proves that the data there is the tenant's.
 * @param roles those of an operator that sign in from then on. The application's gets its privileges before.
 * @throws {TenantChangeError} when the tenant can't be served there, what is there is not known to be its own, or it lacks
 * migrations and the tenant is in service.
 * @throws {DatabaseNotReadyError} when the new roles are not as a tenant's have to be.
 */
export async function moveTenant(
  tools: RotationTools,
  tenantKey: string,
  place: NewPlace,
  trusted = false,
  roles: NewRoles = {},
): Promise<MoveOutcome> {
  return withCredentialsLock(tools.centralDatabaseUrl, tenantKey, async () => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (!tenant) throw new TenantChangeError(`There is no tenant ${tenantKey}.`);
    const before = pick(tenant);
    const after = withWholeAddress({ ...before, ...place }, place);
    assertFitsTogether(before, place, after);
    const changesRoles = roles.application !== undefined || roles.owner !== undefined;
    if (changesRoles && !tenant.dbIsProvided) throw new TenantChangeError(rolesAreOurs(tenantKey));
    const there = { ...tenant, ...after };
    const [old, recorded] = await Promise.all([
      // To look at where it was, without a policy that may be what it moves for.
      tenantDatasource(tenant, { read: tools.secrets.read }),
      tenantDatasource(there, tools.secrets),
    ]);
    const next = { ...recorded, ...roles.application };
    const direct = { ...next, ...directAddress(there) };
    // An operator's roles are looked at wherever the tenant goes.
    const examined = tenant.dbIsProvided ? await examineRoles(tools, tenant, after, next, roles) : null;
    // The application's role may read nothing before it is known that the data is the tenant's.
    const places = { old, next: examined?.owner ?? next, direct };
    const { proof, lacking } = await proveData(tenant, places, trusted, isRefused(before, tools.secrets));
    if (lacking.length > 0 && tenant.status === 'active') {
      throw new TenantChangeError(
        `The database at ${placeOf(next)} lacks ${lacking.join(', ')}. Suspend tenant ${tenantKey}, move it, run "${migrationCommand(tenantKey)}", and resume it.`,
      );
    }
    if (examined) await applyApplicationPrivileges(examined.owner, next.user);
    const target = { tenant, datasourceUrl: datasourceUrl(next) };
    await checkServing(target, tools.limitsOf(tenant), { acceptsUnmarked: proof !== 'marker' }).catch(
      refuse(tenantKey, next, direct),
    );
    const remark = await checkDirectAddress(next, direct).catch(refuse(tenantKey, direct, direct));
    if (!examined && !trusted) await assertOwned(tenant, await ownerDatasource(there, tools.secrets));
    // Also when nothing has changed, or the answer was lost: the tenant may have been moved by now or by an earlier run.
    await storeMove(tools, tenant, { place: after, roles, proof }).finally(() => tools.invalidate(tenantKey));
    const changes = changesBetween(before, after);
    return {
      moved: changesRoles || Object.keys(changes).length > 0,
      changes,
      from: placeOf(old),
      to: placeOf(next),
      proof,
      retired: retiredRoles(tenant, roles),
      lacking,
      remark,
    };
  });
}

/** A direct address has both parts, or none. A port alone is one of the same host. */
function withWholeAddress(place: Place, named: NewPlace): Place {
  const { dbHost, dbDirectHost, dbDirectPort } = place;
  if (dbDirectHost !== null) return { ...place, dbDirectPort: dbDirectPort ?? defaultPort };
  return named.dbDirectHost === null || dbDirectPort === null
    ? { ...place, dbDirectPort: null }
    : { ...place, dbDirectHost: dbHost };
}

/** @throws {TenantChangeError} naming the flag to change. */
function assertFitsTogether(before: Place, place: NewPlace, after: Place): void {
  const moves = after.dbHost !== before.dbHost || after.dbPort !== before.dbPort;
  if (moves && before.dbDirectHost !== null && place.dbDirectHost === undefined) {
    throw new TenantChangeError(
      `The server itself was at ${serverOf(directAddress(before))}: say where it is now with --db-direct-host, or that there is no pooler with --db-direct-host none.`,
    );
  }
  const problem = describeTlsProblem(after);
  if (problem !== null) throw new TenantChangeError(problem);
}

async function proveData(
  { id, tenantKey }: TenantRow,
  { old, next, direct }: Readonly<Record<'old' | 'next' | 'direct', Datasource>>,
  trusted: boolean,
  isOldRefused: boolean,
): Promise<Pick<MoveOutcome, 'proof' | 'lacking'>> {
  const place = placeOf(next);
  const there = await withConnection({ ...next, ...poolable }, async (client) => {
    await assertUtf8(client, next.database);
    return { ...(await readIdentity(client)), lacking: (await readTenantSchema(client)).lacking };
  }).catch(refuse(tenantKey, next, direct));
  const { marker, lacking } = there;
  if (marker) {
    if (isSameTenant(marker, { id, tenantKey })) return { proof: 'marker', lacking };
    throw new TenantChangeError(
      `The database at ${place} is that of tenant ${describeTenant(marker)}.${adoptionOf(tenantKey, marker.tenantKey, direct)}`,
    );
  }
  if (trusted) return { proof: 'trusted', lacking };
  const here = isOldRefused
    ? null
    : await withConnection({ ...old, ...poolable }, readIdentity).catch(() => null);
  if (here?.firstUser !== undefined && here.firstUser === there.firstUser) {
    return { proof: 'first-user', lacking };
  }
  throw new TenantChangeError(
    here
      ? `The database at ${place} is not that of tenant ${tenantKey}: the first of its users is another one.`
      : `Nothing proves that the database at ${place} is that of tenant ${tenantKey}, because its current database ${isOldRefused ? 'may not be used without TLS' : 'does not answer'}. Use --trust to accept it anyway.`,
  );
}

/** @param direct the same database on the server itself, where it can be mended. */
function refuse(tenantKey: string, place: Datasource, direct: Datasource) {
  return (error: unknown): never => {
    if (error instanceof TenantChangeError) throw error;
    throw new TenantChangeError(
      `Tenant ${tenantKey} can't work at ${placeOf(place)}: ${reasonOf(error).replace(/\.$/, '')}.${remedyOf(error, tenantKey, direct)}`,
      { cause: error },
    );
  };
}

const ownersSchema = z.array(z.object({ owned: z.boolean() }));

/**
 * Asserts that the tenant's owner owns the database, so that it can be migrated there. An older tenant has no owner
 * yet.
 * @throws {TenantChangeError}
 */
async function assertOwned({ tenantKey }: TenantRow, owner: Datasource | null): Promise<void> {
  if (!owner) return;
  const fail = (reason: string, cause?: unknown): never => {
    throw new TenantChangeError(
      `Tenant ${tenantKey} can't be migrated at ${placeOf(owner)}: ${reason}.${repairOf(tenantKey, owner)}`,
      { cause },
    );
  };
  // Also through a pooler that nobody has said to be one.
  const rows = await withConnection({ ...owner, ...poolable }, async (client) => {
    const found = await client.query(
      `SELECT (SELECT datdba FROM pg_database WHERE datname = current_database()) = current_user::regrole
              AND nspowner = current_user::regrole AS owned
       FROM pg_namespace WHERE nspname = 'sys'`,
    );
    return ownersSchema.parse(found.rows);
  }).catch((error: unknown) => fail(reasonOf(error), error));
  if (rows.some(({ owned }) => !owned)) fail('the database and its tables belong to another role');
}

/** A role that is missing or has another password, and whatever is closed to it: what a dump does not contain. */
const mendable = ['28P01', '28000', '42501'];

function remedyOf(error: unknown, tenantKey: string, next: Datasource): string {
  if (!(error instanceof pg.DatabaseError && mendable.includes(error.code ?? ''))) return '';
  return repairOf(tenantKey, next);
}

function repairOf(tenantKey: string, { host, port, database }: Datasource): string {
  const flags = placeFlags({ dbHost: host, dbPort: port, dbName: database });
  return ` If it was restored from a dump: npx tsx scripts/repair-tenant-database.ts --tenant-key ${tenantKey} ${flags}`;
}

function adoptionOf(tenantKey: string, markedAs: string, { host, port, database }: Datasource): string {
  const flags = placeFlags({ dbHost: host, dbPort: port, dbName: database });
  return ` If it is meant to become tenant ${tenantKey}'s: npx tsx scripts/adopt-tenant-database.ts --tenant-key ${tenantKey} --marked-as ${shellWord(markedAs)} ${flags}`;
}

/** Reads the identity of a tenant's database: its marker, if it has one, and the first of its users. */
async function readIdentity(client: pg.Client) {
  const { rows: found } = await client.query(`SELECT 1 WHERE to_regclass('sys.tenant_marker') IS NOT NULL`);
  const marker = found.length === 0 ? null : await readMarker(client);
  // Users are never removed, only marked as deleted.
  const { rows } = await client.query('SELECT id::text FROM sys.users ORDER BY created_at, id LIMIT 1');
  return { marker, firstUser: firstUserSchema.parse(rows)[0]?.id };
}

/** The content of a move's record. */
interface Move {
  readonly place: Place;
  readonly roles: NewRoles;
  readonly proof: DataProof;
}

async function storeMove(tools: RotationTools, tenant: TenantRow, move: Move): Promise<void> {
  const passwords = await storePasswords(tools, tenant, move.roles);
  try {
    await storeRow(tools, tenant, move, passwords.columns);
  } catch (error) {
    await passwords.takeBack().catch(() => undefined);
    throw error;
  }
}

async function storeRow(
  tools: RotationTools,
  tenant: TenantRow,
  { place: after, roles, proof }: Move,
  columns: RoleColumns,
): Promise<void> {
  const { id, tenantKey, dbUser, dbOwnerUser, dbPasswordEncrypted, dbOwnerPasswordEncrypted } = tenant;
  const moves = { ...changesBetween(pick(tenant), after), ...describeRoles(tenant, roles) };
  const before = { dbUser, dbOwnerUser, dbPasswordEncrypted, dbOwnerPasswordEncrypted };
  const count = await tools.central
    .$transaction(async (transaction) => {
      if (columns.dbUser !== undefined || columns.dbOwnerUser !== undefined) {
        await holdRoles(transaction, tenantKey, { dbUser, dbOwnerUser, ...columns, dbIsProvided: true });
      }
      const updated = await transaction.tenant.updateMany({
        where: { id, ...pick(tenant), ...(Object.keys(columns).length > 0 ? before : {}) },
        data: { ...after, ...columns },
      });
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
      throw new TenantChangeError('Another tenant has its database at that place.', { cause: error });
    });
  if (count === 0) throw new TenantChangeError(`Somebody has moved tenant ${tenantKey} in the meantime.`);
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
