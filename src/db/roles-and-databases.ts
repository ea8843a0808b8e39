import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** Makes and removes roles and databases on a server where the connection may do so. */
export interface ServerAdministration {
  /**
   * Makes a login role that may do nothing but sign in, or gives one that is already the owner's the password anew.
   * @param owner who the role belongs to; written on the role, so that nobody else's is taken over.
   * @throws {NameTakenError} when a role of that name belongs to somebody else.
   */
  ensureRole(role: string, password: string, owner: string): Promise<void>;
  /** Makes a database owned by `role`. @throws {NameTakenError} when one of that name has another owner. */
  ensureDatabase(database: string, role: string): Promise<void>;
  /** Lets only the owner and superusers connect to the database. */
  closeToPublic(database: string): Promise<void>;
  /** Drops the database and the role, where they are there and belong to `owner`. */
  dropDatabaseAndRole(database: string, role: string, owner: string): Promise<void>;
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
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, ...connection });
  // A connection that dies between two statements reports it here as well as to the next statement.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(createAdministration(client));
  } finally {
    await client.end();
  }
}

function createAdministration(client: pg.Client): ServerAdministration {
  const roleOwner = async (role: string): Promise<string | null | undefined> => {
    const { rows } = await client.query<{ owner: string | null }>(
      `SELECT shobj_description(oid, 'pg_authid') AS owner FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    return rows[0]?.owner;
  };
  const databaseOwner = async (database: string): Promise<string | undefined> => {
    const { rows } = await client.query<{ owner: string }>(
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [database],
    );
    return rows[0]?.owner;
  };

  return {
    async ensureRole(role, password, owner) {
      const credentials = `PASSWORD ${escapeLiteral(scramVerifier(password))}`;
      const found = await roleOwner(role);
      if (found === undefined) {
        // One simple query is one transaction: a role without its owner's mark never exists.
        await client.query(
          `CREATE ROLE ${escapeIdentifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ${credentials};
           COMMENT ON ROLE ${escapeIdentifier(role)} IS ${escapeLiteral(owner)}`,
        );
        return;
      }
      if (found !== owner) throw new NameTakenError(`The role ${role} exists and belongs to something else.`);
      await client.query(`ALTER ROLE ${escapeIdentifier(role)} ${credentials}`);
    },

    async ensureDatabase(database, role) {
      const found = await databaseOwner(database);
      if (found === role) return;
      if (found !== undefined) {
        throw new NameTakenError(`The database ${database} exists and belongs to something else.`);
      }
      await letAdministratorActFor(client, role);
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(role)} ENCODING 'UTF8' TEMPLATE template0`,
      );
    },

    async closeToPublic(database) {
      await client.query(`REVOKE ALL ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`);
    },

    async dropDatabaseAndRole(database, role, owner) {
      if ((await roleOwner(role)) !== owner) return;
      if ((await databaseOwner(database)) === role) {
        await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
      }
      await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
    },
  };
}

/**
 * An administrator who is no superuser can only make databases for roles that it may become. Making the role
 * was not enough for that: since PostgreSQL 16 it gives the right to administer it and no more.
 */
async function letAdministratorActFor(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean }>(
    'SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.superuser) await client.query(`GRANT ${escapeIdentifier(role)} TO CURRENT_USER`);
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
