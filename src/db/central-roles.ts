import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../config/datasource.ts';
import { withConnection } from './with-connection.ts';

/** Thrown when the configured roles don't fit the central database. The message says what to do. */
export class CentralRolesError extends Error {
  override readonly name = 'CentralRolesError';
}

const insufficientPrivilege = '42501';

const databaseSchema = z.tuple([z.object({ owner: z.string(), obeys: z.boolean() })]);
const applicationSchema = z.array(
  z.object({
    owns: z.boolean(),
    superuser: z.boolean(),
    rises: z.boolean(),
    makesRoles: z.boolean(),
    powers: z.array(z.string()),
  }),
);
type Application = z.output<typeof applicationSchema>[number];

/**
 * Asserts that `owner` owns the database and that `application`, unless it is the same role, can't act as the owner:
 * only the owner's privileges keep the application from what it must not do.
 * @throws {CentralRolesError}
 */
export async function checkCentralRoles(owner: Datasource, application: string): Promise<void> {
  const { database, user } = owner;
  const quoted = pg.escapeIdentifier;
  const handOver = `as a superuser in that database, run REASSIGN OWNED BY ${quoted(application)} TO ${quoted(user)}, and then this again.`;
  const { owningRole, obeysUser, role } = await survey(owner, application).catch((error: unknown) => {
    if (!(error instanceof pg.DatabaseError && error.code === insufficientPrivilege)) throw error;
    throw new CentralRolesError(
      `${user} may not even connect to ${database}, so it does not own it. If the application's role ${application} does: ${handOver}`,
      { cause: error },
    );
  });
  const twoRoles = application !== user;
  if (twoRoles && !role) {
    throw new CentralRolesError(
      `The application's role ${application} does not exist: create it first, with CREATE ROLE ${quoted(application)} LOGIN PASSWORD '…'.`,
    );
  }
  if (twoRoles && role?.owns) {
    throw new CentralRolesError(
      `The application's role ${application} owns what is in ${database}: ${handOver}`,
    );
  }
  if (!obeysUser) {
    throw new CentralRolesError(
      `The database ${database} belongs to ${owningRole}, not to ${user}: name its owner in CENTRAL_MIGRATION_DATABASE_URL.`,
    );
  }
  const remedy = twoRoles && role ? remedyOf(role, quoted(application), quoted(user)) : null;
  if (remedy !== null) {
    throw new CentralRolesError(
      `The application's role ${application} can make itself the owner of ${database}, or change its audit log: ${remedy}`,
    );
  }
}

/**
 * Returns what a superuser has to run to remove a role's power over the owner or its objects; null for a role without
 * such power.
 */
function remedyOf(role: Application, application: string, owner: string): string | null {
  const [power] = role.powers;
  if (role.superuser) return `run ALTER ROLE ${application} NOSUPERUSER.`;
  if (role.rises) {
    return `it must have no membership in ${owner}, nor the right to administer it. Run REVOKE ${owner} FROM ${application}.`;
  }
  if (power !== undefined)
    return `run REVOKE ${power} FROM ${application}, and so for what it is a member of.`;
  if (role.makesRoles) {
    return `before PostgreSQL 16, CREATEROLE is the right to administer every role but superusers. Run ALTER ROLE ${application} NOCREATEROLE, and name another role, with CREATEDB and CREATEROLE, in TENANT_ADMIN_DATABASE_URL.`;
  }
  return null;
}

async function survey(owner: Datasource, application: string) {
  return withConnection(owner, async (client) => {
    const [database] = databaseSchema.parse((await client.query(databaseQuery)).rows);
    const [role] = applicationSchema.parse((await client.query(applicationQuery, [application])).rows);
    return { owningRole: database.owner, obeysUser: database.obeys, role };
  });
}

const databaseQuery = `
  SELECT pg_get_userbyid(datdba) AS owner, pg_has_role(datdba, 'USAGE') AS obeys
  FROM pg_database WHERE datname = current_database()`;

/**
 * Default privileges apply to future objects and aren't objects themselves. PostgreSQL counts a superuser as a member
 * of every role, and a role's administrators as members of it. Before PostgreSQL 16, a role with CREATEROLE could
 * administer every role except superusers. A role that may write all data can change the audit log, and one that may
 * run programs or write files on the server can do anything.
 */
const applicationQuery = `
  SELECT EXISTS (
           SELECT FROM pg_shdepend
           WHERE refclassid = 'pg_authid'::regclass AND refobjid = role.oid AND deptype = 'o'
             AND (dbid = here.oid OR (classid = 'pg_database'::regclass AND objid = here.oid))
             AND classid <> 'pg_default_acl'::regclass
         ) AS owns,
         role.rolsuper AS superuser,
         pg_has_role(role.oid, here.datdba, 'MEMBER') OR pg_has_role(role.rolname, current_user, 'MEMBER') AS rises,
         role.rolcreaterole AND current_setting('server_version_num')::int < 160000 AS "makesRoles",
         ARRAY(
           SELECT power FROM unnest(ARRAY['pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program']) AS power
           WHERE pg_has_role(role.oid, power, 'MEMBER')
         ) AS powers
  FROM pg_roles AS role, pg_database AS here
  WHERE role.rolname = $1 AND here.datname = current_database()`;
