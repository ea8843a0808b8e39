import { z } from 'zod';
import type { Datasource } from '../config/datasource.ts';
import { withConnection } from './with-connection.ts';

/** The tenant that a database belongs to: its id and key in the central database. */
export interface TenantIdentity {
  readonly id: number;
  readonly tenantKey: string;
}

/** Thrown when a database is not the expected one. The message is for operators, not for clients. */
export class MarkerMismatch extends Error {
  override readonly name = 'MarkerMismatch';

  readonly expected: TenantIdentity;
  /** The tenant that the database's marker names; null without a marker. */
  readonly found: TenantIdentity | null;

  constructor(expected: TenantIdentity, found: TenantIdentity | null, options?: ErrorOptions) {
    super(
      found === null
        ? `The database of tenant ${expected.tenantKey} has no marker. If it was provisioned by an older version, migrate it first.`
        : `The database of tenant ${describeTenant(expected)} is marked as that of tenant ${describeTenant(found)}.`,
      options,
    );
    this.expected = expected;
    this.found = found;
  }
}

/** The parts of a connection that read and write a marker. */
interface Session {
  query(statement: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

const markerSchema = z.array(z.object({ id: z.int(), tenantKey: z.string() }));

/** No such table or schema, or no right to read it: the database then counts as unmarked. */
const unreadableSchema = z.object({ code: z.enum(['42P01', '3F000', '42501']) });

/**
 * Asserts with one short statement that the connection is to that tenant's database.
 * @throws {MarkerMismatch} when it is to another tenant's, or to one without a marker.
 */
export async function assertMarkedFor(session: Session, expected: TenantIdentity): Promise<void> {
  const found = await readMarkerOf(expected, session);
  if (!isSameTenant(found, expected)) throw new MarkerMismatch(expected, found);
}

/**
 * Asserts that the database is not another tenant's, before it is changed. One without a marker passes, because it is
 * about to get one.
 * @returns whether it has a marker.
 * @throws {MarkerMismatch}
 */
export async function assertNotAnothers(datasource: Datasource, expected: TenantIdentity): Promise<boolean> {
  return withConnection(datasource, (session) => assertSessionNotAnothers(session, expected));
}

/** Does the same on an open connection. */
export async function assertSessionNotAnothers(session: Session, expected: TenantIdentity): Promise<boolean> {
  const { rows } = await session.query(`SELECT to_regclass('sys.tenant_marker') IS NOT NULL AS marked`);
  const [table] = z.array(z.object({ marked: z.boolean() })).parse(rows);
  if (!table?.marked) return false;
  const found = await readMarkerOf(expected, session);
  if (found !== null && !isSameTenant(found, expected)) throw new MarkerMismatch(expected, found);
  return found !== null;
}

/**
 * Writes the marker, if there is none yet.
 * @param owner the role that owns the database: the application's may not.
 * @returns whether there was none.
 * @throws {MarkerMismatch} when the database is marked as another tenant's.
 */
export async function markDatabase(owner: Datasource, tenant: TenantIdentity): Promise<boolean> {
  return withConnection(owner, async (session) => {
    const { rows } = await session.query(
      `INSERT INTO sys.tenant_marker (tenant_id, tenant_key) VALUES ($1, $2)
       ON CONFLICT (single) DO NOTHING RETURNING true AS written`,
      [tenant.id, tenant.tenantKey],
    );
    await assertMarkedFor(session, tenant);
    return rows.length > 0;
  });
}

/**
 * Marks another tenant's database as the tenant's, acting as its owner.
 * @throws {MarkerMismatch} when it is not, or no longer, marked as `from`.
 */
export async function remarkDatabase(
  session: Session,
  from: TenantIdentity,
  to: TenantIdentity,
): Promise<void> {
  await assertMarkedFor(session, from);
  await session.query(
    'UPDATE sys.tenant_marker SET tenant_id = $1, tenant_key = $2 WHERE tenant_id = $3 AND tenant_key = $4',
    [to.id, to.tenantKey, from.id, from.tenantKey],
  );
  await assertMarkedFor(session, to);
}

/** Reads the tenant that the database's marker names; null when the table is empty. */
export async function readMarker(session: Session): Promise<TenantIdentity | null> {
  const { rows } = await session.query(
    'SELECT tenant_id AS id, tenant_key AS "tenantKey" FROM sys.tenant_marker',
  );
  return markerSchema.parse(rows)[0] ?? null;
}

async function readMarkerOf(expected: TenantIdentity, session: Session): Promise<TenantIdentity | null> {
  return readingMarker(expected, () => readMarker(session));
}

/**
 * Runs code that reads the marker of that tenant's database.
 * @throws {MarkerMismatch} when there is none, or it may not be read.
 */
export async function readingMarker<T>(expected: TenantIdentity, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (unreadableSchema.safeParse(error).success) {
      throw new MarkerMismatch(expected, null, { cause: error });
    }
    throw error;
  }
}

/** Returns whether a marker, or a record, is that of the tenant. */
export function isSameTenant(found: TenantIdentity | null, { id, tenantKey }: TenantIdentity): boolean {
  return found !== null && found.id === id && found.tenantKey === tenantKey;
}

/** Returns a tenant's name for messages, with its id, because the key alone may belong to another registration. */
export function describeTenant({ id, tenantKey }: TenantIdentity): string {
  return `${tenantKey} (id ${id})`;
}
