import type pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../../config/datasource.ts';
import { assertKeepsSession } from '../kept-session.ts';
import {
  areLimitsKept,
  keepSessionLimits,
  limitSession,
  type SessionLimits,
  setLimits,
} from '../session-limits.ts';
import { isSameTenant, MarkerMismatch, readingMarker, type TenantIdentity } from '../tenant-marker.ts';
import type { Allowance } from './server-budgets.ts';

/** The requirements that a connection must meet before use. */
export interface SessionRequirements {
  readonly tenant: TenantIdentity;
  readonly datasource: Datasource;
  readonly limits: SessionLimits;
  /** See `TenantConnectionsOptions`. */
  readonly limitsBelongTo: 'role' | 'session';
  readonly acceptsUnmarked: boolean;
}

/** The findings about a new connection. */
export interface NewSession {
  /** True if something with sessions of its own, such as a pooler, is in front of the server. */
  readonly isPooled: boolean;
  /** The number of connections that the server allows; null if it was not queried. */
  readonly allowance: Allowance | null;
}

const factsSchema = z.tuple([
  z.object({
    pid: z.int(),
    allowed: z.int(),
    limited: z.boolean(),
    id: z.int().nullable(),
    tenantKey: z.string().nullable(),
  }),
]);

/** The number of connections for ordinary roles; `reserved_connections` was added in PostgreSQL 16. */
const allowedConnections = `(
  pg_catalog.current_setting('max_connections')::int
  - pg_catalog.current_setting('superuser_reserved_connections')::int
  - coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0))`;

/** A single statement, because each takes a round trip. */
const factsStatement = `
  SELECT pg_catalog.pg_backend_pid() AS pid, ${allowedConnections} AS allowed, ${areLimitsKept} AS limited,
         tenant_id AS id, tenant_key AS "tenantKey"
  FROM (SELECT) AS here LEFT JOIN sys.tenant_marker ON true`;

/** Reads the facts of the session and its database; null for a database that has no marker and needs none. */
async function readFacts(
  connection: pg.ClientBase,
  { tenant, limits, acceptsUnmarked }: SessionRequirements,
): Promise<Pick<z.infer<typeof factsSchema>[0], 'pid' | 'allowed' | 'limited'> | null> {
  try {
    const { rows } = await readingMarker(tenant, () =>
      connection.query(factsStatement, [limits.statementTimeoutSeconds]),
    );
    const [{ id, tenantKey, ...session }] = factsSchema.parse(rows);
    const found = id === null || tenantKey === null ? null : { id, tenantKey };
    if (!isSameTenant(found, tenant)) throw new MarkerMismatch(tenant, found);
    return session;
  } catch (error) {
    const isUnmarked = error instanceof MarkerMismatch && error.found === null;
    if (isUnmarked && acceptsUnmarked) return null;
    throw error;
  }
}

/**
 * Ensures that a new connection is to the tenant's database and that its session has its limits.
 * @throws {MarkerMismatch} when the database is another tenant's, or lacks the required marker.
 */
export async function admitSession(
  connection: pg.ClientBase,
  requirements: SessionRequirements,
): Promise<NewSession> {
  const { datasource, limits, limitsBelongTo } = requirements;
  const facts = await readFacts(connection, requirements);
  const isPooled = facts?.pid !== connection.processID;
  if (limitsBelongTo === 'session') {
    if (isPooled) await assertKeepsSession(connection, datasource);
    await limitSession(connection, limits);
  } else if (facts === null) await keepSessionLimits(connection, limits);
  else if (!facts.limited) await setLimits(connection, limits);
  return { isPooled, allowance: facts && (isPooled ? 'pooler' : facts.allowed) };
}
