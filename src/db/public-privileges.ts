import pg from 'pg';
import { z } from 'zod';
import { tenantRoleMark } from './role-marks.ts';
import { readStanding, repeatingConflicts } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** The databases that come with every server. Any other has an owner, who decides on access. */
const maintenanceDatabases = ['postgres', 'template1'];

const databasesSchema = z.array(
  z.object({ name: z.string(), mine: z.boolean(), connect: z.boolean(), temporary: z.boolean() }),
);
const namesSchema = z.array(z.object({ name: z.string() }));

/**
 * Keeps tenants' roles out of the databases that come with the server, as far as the administrator may. It revokes
 * PUBLIC's privileges there and grants them by name to the current sign-in roles that belong to no tenant, so that
 * nobody else on the server loses anything. It is idempotent.
 * @param onClosed called for each database from which something was revoked.
 * @returns the databases that still let every role in.
 */
export async function closeMaintenanceDatabases(
  client: pg.Client,
  onClosed: (database: string) => void = () => {},
): Promise<string[]> {
  const open = (await readOpenDatabases(client)).filter(
    ({ name, mine }) => mine && maintenanceDatabases.includes(name),
  );
  if (open.length > 0) {
    const others = await readOtherRoles(client);
    for (const { name, connect, temporary } of open) {
      const privileges = [...(connect ? ['CONNECT'] : []), ...(temporary ? ['TEMPORARY'] : [])].join(', ');
      const database = escapeIdentifier(name);
      // One simple query is one transaction.
      const statements = [
        ...(others.length > 0 ? [`GRANT ${privileges} ON DATABASE ${database} TO ${others.join(', ')}`] : []),
        `REVOKE ${privileges} ON DATABASE ${database} FROM PUBLIC`,
      ].join(';\n');
      await repeatingConflicts(() => client.query(statements)).catch(ignoreAnswer);
    }
  }
  const left = await readOpenDatabases(client);
  for (const { name } of open) if (!left.some((found) => found.name === name)) onClosed(name);
  return left.filter(({ connect }) => connect).map(({ name }) => name);
}

async function readOpenDatabases(client: pg.Client) {
  const { rows } = await client.query(
    `SELECT * FROM (
       SELECT datname AS name, pg_has_role(datdba, 'USAGE') AS mine,
              has_database_privilege('public', oid, 'CONNECT') AS connect,
              has_database_privilege('public', oid, 'TEMPORARY') AS temporary
       FROM pg_database WHERE datallowconn
     ) AS found WHERE connect OR temporary ORDER BY name`,
  );
  return databasesSchema.parse(rows);
}

async function readOtherRoles(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT format('%I', rolname) AS name FROM pg_roles
     WHERE rolcanlogin AND NOT rolsuper
       AND NOT coalesce(starts_with(shobj_description(oid, 'pg_authid'), $1), false)`,
    [tenantRoleMark],
  );
  return namesSchema.parse(rows).map(({ name }) => name);
}

/**
 * Revokes the functions for large objects from PUBLIC in a tenant's database: none of our tables uses large objects,
 * and nothing else would limit what a role stores in them. This takes a superuser, who owns those functions.
 * @param onClosed is called when something was revoked.
 * @returns whether PUBLIC may still use them.
 */
export async function closeLargeObjects(
  client: pg.Client,
  onClosed: () => void = () => {},
): Promise<boolean> {
  const open = await readLargeObjectFunctions(client);
  if (open.length === 0) return false;
  if (!(await readStanding(client)).superuser) return true;
  await repeatingConflicts(() => client.query(`REVOKE EXECUTE ON FUNCTION ${open.join(', ')} FROM PUBLIC`));
  onClosed();
  return false;
}

/** Returns whether PUBLIC may create large objects in the connected database. Any role may query this. */
export async function mayMakeLargeObjects(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea')
       AND has_function_privilege('public', oid, 'EXECUTE')`,
  );
  return rows.length > 0;
}

async function readLargeObjectFunctions(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    String.raw`SELECT oid::regprocedure::text AS name FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite'))
       AND has_function_privilege('public', oid, 'EXECUTE')
     ORDER BY 1`,
  );
  return namesSchema.parse(rows).map(({ name }) => name);
}

/**
 * Ignores a refusal: a provider may reserve these privileges, with any error, even in a database that it gave to the
 * administrator.
 */
function ignoreAnswer(error: unknown): void {
  if (!(error instanceof pg.DatabaseError)) throw error;
}

const schemaSchema = z.array(z.object({ foreign: z.boolean(), open: z.boolean() }));

/**
 * Gives the schema `public` to the owner of the connected database, and revokes it from everybody else. PostgreSQL does
 * so in every new database since version 15; in older ones, even after an upgrade, it belongs to a superuser and lets
 * everybody create tables and functions. This takes a superuser.
 * @param onClosed is called when something has changed.
 */
export async function closePublicSchema(client: pg.Client, onClosed: () => void = () => {}): Promise<void> {
  const { foreign } = await readPublicSchema(client);
  if (!foreign || !(await readStanding(client)).superuser) return;
  // One simple query is one transaction.
  await client.query(closingPublicSchema);
  onClosed();
}

/** The statements with which a superuser closes a database's schema `public`. */
export const closingPublicSchema =
  'ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE ALL ON SCHEMA public FROM PUBLIC';

/** Returns whether everybody may create tables and functions in the connected database. Any role may query this. */
export async function mayCreateInPublic(client: pg.Client): Promise<boolean> {
  return (await readPublicSchema(client)).open;
}

async function readPublicSchema(client: pg.Client) {
  const { rows } = await client.query(
    `SELECT NOT pg_has_role(datdba, nspowner, 'USAGE') AS foreign,
            has_schema_privilege('public', pg_namespace.oid, 'CREATE') AS open
     FROM pg_namespace, pg_database WHERE nspname = 'public' AND datname = current_database()`,
  );
  return schemaSchema.parse(rows)[0] ?? { foreign: false, open: false };
}
