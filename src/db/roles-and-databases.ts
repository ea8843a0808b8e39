import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { handOverDatabase } from './database-handover.ts';
import { actingFor, readStanding, runAbleToBecome, withdrawOwnMemberships } from './role-membership.ts';
import { keepMigrationsOut } from './schema-engine/schema-engine.ts';
import { withConnection } from './with-connection.ts';

/** Makes and removes roles and databases on a server where the connection may do so. */
export interface ServerAdministration {
  /**
   * Makes a login role that may do nothing but sign in, or gives one that is already the owner's the password anew,
   * and the right to sign in with it.
   * @param owner who the role belongs to; written on the role, so that nobody else's is taken over.
   * @throws {NameTakenError} when a role of that name belongs to somebody else.
   */
  ensureRole(role: string, password: string, owner: string): Promise<void>;
  /** Makes a database owned by `role`. @throws {NameTakenError} when one of that name has another owner. */
  ensureDatabase(database: string, role: string): Promise<void>;
  /** The role that owns the database; undefined when there is no such database. */
  databaseOwner(database: string): Promise<string | undefined>;
  /**
   * Makes the connected database, and all that `application` owns in it, `role`'s own, and leaves `application`
   * the privileges of a tenant's application. Done before, it changes nothing.
   * @throws {NameTakenError} when the database belongs to neither role.
   */
  handOverDatabase(database: string, application: string, role: string): Promise<void>;
  /** Drops those of the roles that belong to `owner`, and the database when it is one of theirs. */
  dropDatabaseAndRoles(database: string, roles: readonly string[], owner: string): Promise<void>;
}

/** The name of a role or database is in use for something else. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
}

const { escapeIdentifier, escapeLiteral } = pg;

/** PostgreSQL's own default (`scram_iterations`). */
const scramIterations = 4096;

/** Runs `work` with a connection to the administered server, and closes it whatever happens. */
export async function administer<T>(
  connection: pg.ClientConfig,
  work: (administration: ServerAdministration) => Promise<T>,
): Promise<T> {
  return withConnection(connection, (client) => work(createAdministration(client)));
}

/**
 * The same with a connection to the database of `role`, while nobody migrates it.
 * @throws {NameTakenError} when the role does not belong to `owner`.
 */
export async function administerDatabaseOf<T>(
  connection: pg.ClientConfig,
  { database, role, owner }: { database: string; role: string; owner: string },
  work: (administration: ServerAdministration) => Promise<T>,
): Promise<T> {
  const isLetIn = await withConnection(connection, async (client) => {
    if ((await readRoleOwner(client, role)) !== owner) {
      throw new NameTakenError(`The role ${role} belongs to something else.`);
    }
    return letIn(client, database, owner);
  });
  const done = withConnection({ ...connection, database }, async (client) => {
    await keepMigrationsOut(client);
    return work(createAdministration(client));
  });
  if (!isLetIn) return done;
  const letOutAgain = () => withConnection(connection, (client) => letOut(client, database));
  const result = await done.catch(async (error: unknown) => {
    await letOutAgain().catch(() => undefined);
    throw error;
  });
  await letOutAgain();
  return result;
}

/**
 * Lets an administrator who isn't a superuser connect to a database that belongs to `owner`, since only the tenant's
 * own roles may connect to it.
 * @returns whether this has to be undone.
 */
async function letIn(client: pg.Client, database: string, owner: string): Promise<boolean> {
  if ((await readStanding(client)).superuser) return false;
  const role = await readDatabaseOwner(client, database);
  if (role === undefined || (await readRoleOwner(client, role)) !== owner) return false;
  await actingFor(client, [role], () =>
    client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO CURRENT_USER`),
  );
  return true;
}

async function letOut(client: pg.Client, database: string): Promise<void> {
  const role = await readDatabaseOwner(client, database);
  if (role === undefined) return;
  await actingFor(client, [role], () =>
    client.query(`REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM CURRENT_USER`),
  );
}

/** Null when nobody has put a mark on the role, undefined when there is no such role. */
async function readRoleOwner(client: pg.Client, role: string): Promise<string | null | undefined> {
  const { rows } = await client.query<{ owner: string | null }>(
    `SELECT shobj_description(oid, 'pg_authid') AS owner FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  return rows[0]?.owner;
}

/** Undefined when there is no such database. */
async function readDatabaseOwner(client: pg.Client, database: string): Promise<string | undefined> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  );
  return rows[0]?.owner;
}

function createAdministration(client: pg.Client): ServerAdministration {
  const roleOwner = (role: string) => readRoleOwner(client, role);
  const databaseOwner = (database: string) => readDatabaseOwner(client, database);

  return {
    async ensureRole(role, password, owner) {
      const credentials = `PASSWORD ${escapeLiteral(scramVerifier(password))}`;
      const found = await roleOwner(role);
      if (found === undefined) {
        // One simple query is one transaction: a role never exists without its owner's mark.
        // `createrole_self_grant` is cleared, because it may make a role's creator a member of it.
        await client.query(
          `SELECT set_config(name, '', false) FROM pg_settings WHERE name = 'createrole_self_grant';
           CREATE ROLE ${escapeIdentifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ${credentials};
           COMMENT ON ROLE ${escapeIdentifier(role)} IS ${escapeLiteral(owner)}`,
        );
        return;
      }
      if (found !== owner) throw new NameTakenError(`The role ${role} exists and belongs to something else.`);
      await client.query(`ALTER ROLE ${escapeIdentifier(role)} LOGIN ${credentials}`);
    },

    async ensureDatabase(database, role) {
      const found = await databaseOwner(database);
      if (found === role) {
        // A run that was killed while creating the database may have left rights behind.
        await withdrawOwnMemberships(client);
        return;
      }
      if (found !== undefined) {
        throw new NameTakenError(`The database ${database} exists and belongs to something else.`);
      }
      await runAbleToBecome(
        client,
        role,
        `CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(role)} ENCODING 'UTF8' TEMPLATE template0`,
      );
    },

    databaseOwner,

    async handOverDatabase(database, application, role) {
      const found = await databaseOwner(database);
      if (found !== application && found !== role) {
        throw new NameTakenError(`The database ${database} belongs to something else.`);
      }
      await handOverDatabase(client, { database, application, owner: role });
    },

    async dropDatabaseAndRoles(database, roles, owner) {
      const own: string[] = [];
      for (const role of roles) if ((await roleOwner(role)) === owner) own.push(role);
      const found = await databaseOwner(database);
      if (found !== undefined && (own.includes(found) || (await isBeingDropped(client, database, owner)))) {
        await dropDatabase(client, database, own, owner);
      }
      for (const role of own) await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
    },
  };
}

/**
 * Drops a database of `roles`. An administrator who isn't a superuser first takes ownership of it and marks it with a
 * comment, so that a later run recognizes it if this one is killed.
 */
async function dropDatabase(
  client: pg.Client,
  database: string,
  roles: readonly string[],
  mark: string,
): Promise<void> {
  const name = escapeIdentifier(database);
  const { superuser, user } = await readStanding(client);
  if (superuser) {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    return;
  }
  await actingFor(client, roles, async () => {
    if ((await readDatabaseOwner(client, database)) !== user) {
      await client.query(
        `COMMENT ON DATABASE ${name} IS ${escapeLiteral(mark)};
         ALTER DATABASE ${name} OWNER TO CURRENT_USER`,
      );
    }
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = ANY ($2)`,
      [database, roles],
    );
  });
  // Waits up to 5 seconds for sessions that are ending.
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
}

/** Returns whether this administrator has begun to drop the database, which belonged to a role with that mark. */
async function isBeingDropped(client: pg.Client, database: string, mark: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_database WHERE datname = $1 AND pg_get_userbyid(datdba) = current_user
       AND shobj_description(oid, 'pg_database') = $2`,
    [database, mark],
  );
  return rows.length > 0;
}

/**
 * What PostgreSQL stores of a password (RFC 5803). Sent in its place, so that the password itself never
 * stands in a statement, where the server's log or `pg_stat_activity` would show it.
 */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, scramIterations, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString('base64')}$${storedKey}:${key('Server Key').toString('base64')}`;
}
