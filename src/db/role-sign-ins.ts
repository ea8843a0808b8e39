import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../config/datasource.ts';
import { actingFor } from './role-membership.ts';
import { withConnection } from './with-connection.ts';

const { escapeIdentifier, escapeLiteral } = pg;

/** The server's information on a role's sign-ins. */
export interface RoleSignIns {
  readonly canSignIn: boolean;
  /** Its open sessions on the whole server. */
  readonly sessions: number;
}

const signInsSchema = z.tuple([z.object({ canSignIn: z.boolean(), sessions: z.int() })]);
const countSchema = z.tuple([z.object({ count: z.int() })]);

/**
 * Lets sessions of `signIn` act as `role` from their start: they have its privileges, and it owns the objects that
 * they create. It is idempotent.
 */
export async function grantRole(client: pg.Client, signIn: string, role: string): Promise<void> {
  await client.query(
    `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(signIn)};
     ALTER ROLE ${escapeIdentifier(signIn)} SET role TO ${escapeLiteral(role)}`,
  );
}

/** Removes a role's right to sign in and its password. Its sessions continue. */
export async function forbidSignIn(client: pg.Client, role: string): Promise<void> {
  await client.query(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN PASSWORD NULL`);
}

/** Reads whether a role may sign in, and its sessions; empty when there is no such role. */
export async function readSignIns(client: pg.Client, role: string): Promise<RoleSignIns> {
  const { rows } = await client.query(
    `SELECT coalesce((SELECT rolcanlogin FROM pg_roles WHERE rolname = $1), false) AS "canSignIn",
            (SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1) AS sessions`,
    [role],
  );
  return signInsSchema.parse(rows)[0];
}

/** Ends the idle sessions of a role if none has been active for that long: a pooler keeps unused sessions open. */
export async function endUnusedSessions(
  client: pg.Client,
  role: string,
  quietSeconds: number,
): Promise<void> {
  // Only a member of the role can see the activity of its sessions.
  await actingFor(client, [role], () =>
    client.query(
      `WITH sessions AS MATERIALIZED (
         SELECT pid, coalesce(state = 'idle' AND state_change < clock_timestamp() - make_interval(secs => $2), false) AS unused
         FROM pg_stat_activity WHERE usename = $1
       ), in_use AS MATERIALIZED (
         SELECT count(*) FILTER (WHERE NOT unused) AS count FROM sessions
       )
       SELECT (SELECT count(CASE WHEN in_use.count = 0 THEN pg_terminate_backend(pid) END) FROM sessions) AS ended
       FROM in_use`,
      [role, quietSeconds],
    ),
  );
}

/** Ends the sessions of a role. @returns their number. */
export async function endSessions(client: pg.Client, role: string): Promise<number> {
  const { rows } = await actingFor(client, [role], () =>
    client.query(
      `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::int AS count
       FROM pg_stat_activity WHERE usename = $1`,
      [role],
    ),
  );
  return countSchema.parse(rows)[0].count;
}

/** PostgreSQL's codes for failed authentication; all other errors come after it. */
const refusedSignIns = ['28P01', '28000'];

/** Closed to the role, missing, or accepting no connections: a database that can't be inspected is not finished. */
const closedDatabase = ['42501', '3D000', '55000'];

/**
 * Returns whether the password is the role's, even if the database refuses its connection.
 * @param inspect inspects the database, if possible.
 */
export async function passwordOpens(
  datasource: Datasource,
  inspect: (session: pg.Client) => Promise<unknown> = async () => {},
): Promise<boolean> {
  try {
    await withConnection(datasource, inspect);
    return true;
  } catch (error) {
    const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
    if (refusedSignIns.includes(code)) return false;
    if (closedDatabase.includes(code)) return true;
    throw error;
  }
}
