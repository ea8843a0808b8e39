import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { tenantRoleMark } from './role-marks.ts';
import { withConnection } from './with-connection.ts';

const { escapeIdentifier } = pg;

/** Since PostgreSQL 16, a membership has separate options for inheriting a role's rights and for `SET ROLE`. */
const firstVersionWithOptions = 160_000;

const standingSchema = z.tuple([
  z.object({
    superuser: z.boolean(),
    makesTenants: z.boolean(),
    inherits: z.boolean(),
    user: z.string(),
    version: z.int(),
  }),
]);
const membershipsSchema = z.array(z.object({ role: z.string(), member: z.string() }));
type Membership = z.output<typeof membershipsSchema>[number];

/** The current role's rights over another: it has that role's rights, can grant them to itself, or neither. */
export const rightsSchema = z.enum(['held', 'grantable', 'none']);

/** The SQL expression that yields {@link rightsSchema} for a row `holder` of `pg_roles`. */
export const rightsOverHolder = `(
  SELECT CASE
    WHEN self.rolsuper OR pg_has_role(self.oid, holder.oid, 'USAGE') THEN 'held'
    WHEN NOT holder.rolsuper AND (pg_has_role(self.oid, holder.oid, 'MEMBER WITH ADMIN OPTION')
      OR (self.rolcreaterole AND current_setting('server_version_num')::int < ${firstVersionWithOptions})) THEN 'grantable'
    ELSE 'none' END
  FROM pg_roles AS self WHERE self.rolname = current_user)`;

/** Reads the current role and the attributes that matter for acting as another. */
export async function readStanding(client: pg.Client) {
  const { rows } = await client.query(
    `SELECT rolsuper AS superuser, rolsuper OR (rolcreaterole AND rolcreatedb) AS "makesTenants",
            rolinherit AS inherits,
            rolname AS user, current_setting('server_version_num')::int AS version
     FROM pg_roles WHERE rolname = current_user`,
  );
  return standingSchema.parse(rows)[0];
}

/**
 * Runs `work` with the rights of `roles`, which the administrator created without being a member of them. Everything is
 * one transaction, which revokes the rights at its end: no other session ever sees them, and neither a killed process
 * nor a failed step leaves any behind.
 */
export async function actingFor<T>(
  client: pg.Client,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  return inTransaction(client, () => borrowingRights(client, roles, work));
}

/** Does the same within an open transaction, whose end also ends the rights. */
export async function borrowingRights<T>(
  client: pg.Client,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const { superuser, inherits, user, version } = await readStanding(client);
  const needed = superuser ? [] : [...new Set(roles)].filter((role) => role !== user);
  const options = version < firstVersionWithOptions ? '' : ' WITH INHERIT TRUE, SET TRUE';
  if (needed.length > 0 && version < firstVersionWithOptions && !inherits) {
    throw new Error(
      `The role ${user} does not inherit rights, which is required before PostgreSQL 16: run ALTER ROLE ${escapeIdentifier(user)} INHERIT.`,
    );
  }
  for (const role of needed) await client.query(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER${options}`);
  const result = await work();
  for (const role of needed) await client.query(`REVOKE ${escapeIdentifier(role)} FROM CURRENT_USER`);
  return result;
}

/**
 * Runs one statement that can't be in a transaction, while the administrator may `SET ROLE` to `role`. Since PostgreSQL
 * 16, it doesn't inherit the role's rights during that time.
 * @param connection for another connection if the client's is lost, because the right must be revoked in any case.
 */
export async function runAbleToBecome(
  client: pg.Client,
  connection: pg.ClientConfig,
  role: string,
  statement: string,
): Promise<void> {
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
        // Another run may have mistaken the membership for a leftover and revoked it.
        if (tries === triesAtWithdrawnRights || !isRefusal(error)) throw error;
      }
    }
  } catch (error) {
    await withConnection(connection, withdrawOwnMemberships).catch(() => undefined);
    throw error;
  }
  await withdrawOwnMemberships(client).catch(() => withConnection(connection, withdrawOwnMemberships));
}

/** The memberships, as `role of member`, that were revoked and that could not be. */
export interface Withdrawal {
  readonly withdrawn: readonly string[];
  readonly left: readonly string[];
}

/**
 * Revokes every membership in tenants' roles that an administrator has granted itself: leftovers of a killed process
 * or an earlier version. A superuser also revokes those of other administrators.
 */
export async function withdrawOwnMemberships(client: pg.Client): Promise<Withdrawal> {
  const { superuser, user, version } = await readStanding(client);
  const found = await readOwnMemberships(client, version);
  for (const { role, member } of found.filter((membership) => superuser || membership.member === user)) {
    const grantor = version < firstVersionWithOptions ? '' : ` GRANTED BY ${escapeIdentifier(member)}`;
    await repeatingConflicts(() =>
      client.query(`REVOKE ${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}${grantor}`),
    );
  }
  const left = found.length === 0 ? [] : await readOwnMemberships(client, version);
  const isLeft = (one: Membership) =>
    left.some(({ role, member }) => role === one.role && member === one.member);
  const describe = ({ role, member }: Membership) => `${role} of ${member}`;
  return {
    withdrawn: found.filter((one) => !isLeft(one)).map(describe),
    left: left.map(describe),
  };
}

/**
 * Reads the memberships that administrators have granted themselves. The right to administer a role, which its
 * creator gets, isn't one: only a superuser can revoke it, and it gives no rights by itself.
 */
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

/**
 * Runs `work` in a transaction, and once more after a conflict with another one.
 * @param end `ROLLBACK` for a dry run.
 */
export async function inTransaction<T>(
  client: pg.Client,
  work: () => Promise<T>,
  end: 'COMMIT' | 'ROLLBACK' = 'COMMIT',
): Promise<T> {
  return repeatingConflicts(async () => {
    await client.query('BEGIN');
    try {
      const result = await work();
      await client.query(end);
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
/** The code of «tuple concurrently updated», which is independent of the message's language. */
const internalError = 'XX000';

/** Retries `work` after a conflict: PostgreSQL fails concurrent grants of a role instead of queuing them. */
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

/** Returns whether PostgreSQL refused a statement for lack of a privilege. */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === insufficientPrivilege;
}
