import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';

const { escapeIdentifier } = pg;

/** Since PostgreSQL 16, a membership says apart whether its rights are inherited and whether the role may be become. */
const firstVersionWithOptions = 160_000;

const standingSchema = z.tuple([
  z.object({ superuser: z.boolean(), makesTenants: z.boolean(), user: z.string(), version: z.int() }),
]);
const membershipsSchema = z.array(z.object({ role: z.string(), member: z.string() }));

/** Who the connection is, as far as it matters for acting as others. */
export async function readStanding(client: pg.Client) {
  const { rows } = await client.query(
    `SELECT rolsuper AS superuser, rolsuper OR (rolcreaterole AND rolcreatedb) AS "makesTenants",
            rolname AS user, current_setting('server_version_num')::int AS version
     FROM pg_roles WHERE rolname = current_user`,
  );
  return standingSchema.parse(rows)[0];
}

/**
 * Runs `work` with the rights of `roles`, which the administrator has made but is no member of. All is one
 * transaction, at whose end the rights are given back: nobody else ever sees them, and a process that is killed, or
 * a step that fails, leaves none behind.
 */
export async function actingFor<T>(
  client: pg.Client,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const { superuser, user, version } = await readStanding(client);
  const needed = superuser ? [] : [...new Set(roles)].filter((role) => role !== user);
  const options = version < firstVersionWithOptions ? '' : ' WITH INHERIT TRUE, SET TRUE';
  return inTransaction(client, async () => {
    for (const role of needed)
      await client.query(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER${options}`);
    const result = await work();
    for (const role of needed) await client.query(`REVOKE ${escapeIdentifier(role)} FROM CURRENT_USER`);
    return result;
  });
}

/**
 * Runs one statement, of those that can't be in a transaction, while the administrator may become `role`, though it
 * inherits nothing of it.
 */
export async function runAbleToBecome(client: pg.Client, role: string, statement: string): Promise<void> {
  const { superuser, user, version } = await readStanding(client);
  if (superuser || role === user) {
    await client.query(statement);
    return;
  }
  const options = version < firstVersionWithOptions ? '' : ' WITH INHERIT FALSE, SET TRUE';
  try {
    for (let tries = 1; ; tries++) {
      await repeatingConflicts(() =>
        client.query(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER${options}`),
      );
      try {
        await client.query(statement);
        break;
      } catch (error) {
        // Another run may just have withdrawn what it took for a remainder.
        if (tries === triesAtWithdrawnRights || !isRefusal(error)) throw error;
      }
    }
  } catch (error) {
    await withdrawOwnMemberships(client).catch(() => undefined);
    throw error;
  }
  await withdrawOwnMemberships(client);
}

/**
 * Takes back every right of tenants' roles that an administrator has given itself: what a process that was killed, or
 * an earlier version, has left. A superuser takes back that of the others as well.
 * @returns the memberships, `role of member`, that this administrator can't take back.
 */
export async function withdrawOwnMemberships(client: pg.Client): Promise<string[]> {
  const { superuser, user, version } = await readStanding(client);
  const found = await readOwnMemberships(client, version);
  for (const { role, member } of found.filter((membership) => superuser || membership.member === user)) {
    const grantor = version < firstVersionWithOptions ? '' : ` GRANTED BY ${escapeIdentifier(member)}`;
    await repeatingConflicts(() =>
      client.query(`REVOKE ${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}${grantor}`),
    );
  }
  const left = await readOwnMemberships(client, version);
  return left.map(({ role, member }) => `${role} of ${member}`);
}

/** How the comment begins that every role of a tenant bears. */
export const tenantRoleMark = 'cxg-graphql-api tenant ';

/** Whoever makes a role may administer it, which no one but a superuser can take away; it gives no right by itself. */
async function readOwnMemberships(client: pg.Client, version: number) {
  const { rows } = await client.query(
    `SELECT role.rolname AS role, member.rolname AS member
     FROM pg_auth_members AS granted
     JOIN pg_roles AS role ON role.oid = granted.roleid
     JOIN pg_roles AS member ON member.oid = granted.member
     WHERE granted.grantor = granted.member
       ${version < firstVersionWithOptions ? '' : 'AND (granted.inherit_option OR granted.set_option)'}
       AND starts_with(shobj_description(role.oid, 'pg_authid'), $1)
     ORDER BY 1, 2`,
    [tenantRoleMark],
  );
  return membershipsSchema.parse(rows);
}

async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  return repeatingConflicts(async () => {
    await client.query('BEGIN');
    try {
      const result = await work();
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

const triesAtWithdrawnRights = 5;
const triesAtConflicts = 10;
const longestPauseMilliseconds = 100;

const uniqueViolation = '23505';
const deadlockDetected = '40P01';
const insufficientPrivilege = '42501';
/** «tuple concurrently updated», in whatever language. */
const internalError = 'XX000';

/** Grants of a role that run at the same time get into each other's way: PostgreSQL has no waiting for its catalogues. */
export async function repeatingConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === triesAtConflicts || !isConflict(error)) throw error;
      await delay(Math.random() * longestPauseMilliseconds);
    }
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return (
    error.code === deadlockDetected ||
    error.code === internalError ||
    (error.code === uniqueViolation && error.schema === 'pg_catalog')
  );
}

/** Whether PostgreSQL has refused a statement for want of a privilege. */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === insufficientPrivilege;
}
