import pg from 'pg';
import { z } from 'zod';
import { readStanding } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** Thrown when an administrator lacks a right on its server. The message says which statement to run. */
export class AdministratorRightsError extends Error {
  override readonly name = 'AdministratorRightsError';
}

const namesSchema = z.array(z.object({ name: z.string() }));

/** @throws {AdministratorRightsError} unless the connected role may create roles and databases. */
export async function assertMakesTenants(client: pg.Client): Promise<void> {
  const { makesTenants, user } = await readStanding(client);
  if (makesTenants) return;
  throw new AdministratorRightsError(
    `The role ${user} may not create roles and databases: name one with CREATEDB and CREATEROLE in TENANT_ADMIN_DATABASE_URL.`,
  );
}

/**
 * Asserts that the connected role may change the roles with that mark. Since PostgreSQL 16, a role with CREATEROLE may
 * only change roles that it has created since then or has ADMIN OPTION on.
 * @throws {AdministratorRightsError}
 */
export async function assertAdministers(client: pg.Client, mark: string): Promise<void> {
  const { user } = await readStanding(client);
  const roles = await findUnadministeredRoles(client, user, mark);
  if (roles.length === 0) return;
  const names = roles.map((role) => escapeIdentifier(role)).join(', ');
  throw new AdministratorRightsError(
    `The role ${user} may not change ${roles.join(', ')}, which it did not create, or created before an upgrade to PostgreSQL 16: whoever may administer them has to run GRANT ${names} TO ${escapeIdentifier(user)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE.`,
  );
}

/** Returns the roles with that mark that an administrator with CREATEROLE can't change. Any role may query this. */
export async function findUnadministeredRoles(
  client: pg.Client,
  administrator: string,
  mark: string,
): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT role.rolname AS name FROM pg_roles AS role, pg_roles AS administrator
     WHERE administrator.rolname = $1 AND administrator.rolcreaterole AND NOT administrator.rolsuper
       AND current_setting('server_version_num')::int >= 160000
       AND shobj_description(role.oid, 'pg_authid') = $2
       AND NOT pg_has_role(administrator.oid, role.oid, 'MEMBER WITH ADMIN OPTION')
     ORDER BY 1`,
    [administrator, mark],
  );
  return namesSchema.parse(rows).map(({ name }) => name);
}
