import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../config/datasource.ts';
import { actingFor } from './role-membership.ts';
import { withConnection } from './with-connection.ts';

const { escapeIdentifier, escapeLiteral } = pg;

/** What the server knows of a role's sign-ins. */
export interface RoleSignIns {
  readonly canSignIn: boolean;
  /** Its open sessions, on the whole server. */
  readonly sessions: number;
}

const signInsSchema = z.tuple([z.object({ canSignIn: z.boolean(), sessions: z.int() })]);
const countSchema = z.tuple([z.object({ count: z.int() })]);

/**
 * Lets sessions of `signIn` act as `role` from their beginning: they have its privileges, and what they make is its
 * own. Done before, it changes nothing.
 */
export async function grantRole(client: pg.Client, signIn: string, role: string): Promise<void> {
  await client.query(
    `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(signIn)};
     ALTER ROLE ${escapeIdentifier(signIn)} SET role TO ${escapeLiteral(role)}`,
  );
}

/** Takes the right to sign in and the password from a role. Its sessions go on. */
export async function forbidSignIn(client: pg.Client, role: string): Promise<void> {
  await client.query(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN PASSWORD NULL`);
}

/** Looks up whether a role may sign in, and who has done so; all is none when there is no such role. */
export async function readSignIns(client: pg.Client, role: string): Promise<RoleSignIns> {
  const { rows } = await client.query(
    `SELECT coalesce((SELECT rolcanlogin FROM pg_roles WHERE rolname = $1), false) AS "canSignIn",
            (SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1) AS sessions`,
    [role],
  );
  return signInsSchema.parse(rows)[0];
}

/**
 * Ends the sessions of a role that do nothing, if none has done anything for so long: a pooler keeps them although
 * nobody uses them any more.
 */
export async function endUnusedSessions(
  client: pg.Client,
  role: string,
  quietSeconds: number,
): Promise<void> {
  // Only a member of the role sees what its sessions do.
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

/** Ends the sessions of a role. @returns how many there were. */
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

/** PostgreSQL refuses a sign-in with these; everything else comes after the password was found right. */
const refusedSignIns = ['28P01', '28000'];

/** Closed to the role, missing, or letting nobody in: a database that can't be looked into has not been finished. */
const closedDatabase = ['42501', '3D000', '55000'];

/**
 * Returns whether the password is the role's, also if the database doesn't let it in.
 * @param inspect looks into the database, if that can be done.
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
