import { keepMigrationsOut } from '@cxg/prisma-schema-engine';
import pg from 'pg';
import { z } from 'zod';
import { assertCollations } from './collations.ts';
import { ignoreNamesOf, readDatabaseOwner, withDatabaseEntry } from './database-entry.ts';
import { handOverDatabase } from './database-handover.ts';
import { commentOnRole, ordinaryRole, readRoleMark, readRoleMarks } from './role-marks.ts';
import { actingFor, readStanding, runAbleToBecome, withdrawOwnMemberships } from './role-membership.ts';
import { settingPassword } from './role-passwords.ts';
import { administrative, withConnection } from './with-connection.ts';

/** Creates and drops roles and databases on a server. */
export interface ServerAdministration {
  /** @throws {NameTakenError} when one of the roles exists and belongs to somebody else. */
  assertRolesAreFree(roles: readonly string[], owner: string): Promise<void>;
  /**
   * Creates a login role without any privileges, or resets the password and the right to sign in of one that already
   * belongs to the owner.
   * @param owner the role's owner, which is recorded as a mark on the role so that no other's role is taken over.
   * @throws {NameTakenError} when a role of that name belongs to somebody else.
   */
  ensureRole(role: string, password: string, owner: string): Promise<void>;
  /**
   * Creates a database that belongs to `role` and that PUBLIC can't connect to.
   * @throws {NameTakenError} when one of that name has another owner.
   * @throws {DatabaseEncodingError} when it exists and can't hold every character.
   * @throws {MissingCollationError} when the server can't order names.
   */
  ensureDatabase(database: string, role: string): Promise<void>;
  /** Returns the owner of the database; undefined when there is no such database. */
  databaseOwner(database: string): Promise<string | undefined>;
  /**
   * Transfers the connected database, and all that `application` owns in it, to `role`, and leaves `application` the
   * privileges of a tenant's application. It is idempotent.
   * @throws {NameTakenError} when the database belongs to neither role.
   */
  handOverDatabase(database: string, application: string, role: string): Promise<void>;
  /**
   * Drops those of the roles that belong to `owner`, and the database if it belongs to one of them.
   * @param inspect inspects the database as its owner before anything is dropped, and throws if it must stay.
   * @returns the database and the roles that stay because they belong to something else.
   */
  dropDatabaseAndRoles(
    database: string,
    roles: readonly string[],
    owner: string,
    inspect?: (database: pg.Client) => Promise<void>,
  ): Promise<string[]>;
}

/** Thrown when the name of a role or database is in use for something else. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
}

/** Thrown when a database's encoding lacks most of the world's characters. */
export class DatabaseEncodingError extends Error {
  override readonly name = 'DatabaseEncodingError';

  constructor(database: string, encoding: string) {
    super(`The database ${database} has the encoding ${encoding}: it must be UTF8.`);
  }
}

const { escapeIdentifier, escapeLiteral } = pg;

/** Runs `work` with a connection to the administered server, and closes it whatever happens. */
export async function administer<T>(
  connection: pg.ClientConfig,
  work: (administration: ServerAdministration) => Promise<T>,
): Promise<T> {
  return withConnection({ ...administrative, ...connection }, async (client) => {
    await ignoreNamesOf(client);
    return work(createAdministration(client, connection));
  });
}

/**
 * The same with a connection to the database of `role`, while nobody migrates it.
 * @throws {NameTakenError} when the role is not marked as `owner`'s.
 */
export async function administerDatabaseOf<T>(
  connection: pg.ClientConfig,
  { database, role, owner }: { database: string; role: string; owner: string },
  work: (administration: ServerAdministration) => Promise<T>,
): Promise<T> {
  await withConnection(connection, async (client) => {
    if ((await readRoleMark(client, role)) !== owner) {
      throw new NameTakenError(`The role ${role} belongs to something else.`);
    }
  });
  return withDatabaseEntry(connection, { database, mark: owner }, async (client) => {
    await keepMigrationsOut(client);
    return work(createAdministration(client, connection));
  });
}

function createAdministration(client: pg.Client, connection: pg.ClientConfig): ServerAdministration {
  const databaseOwner = (database: string) => readDatabaseOwner(client, database);

  return {
    async assertRolesAreFree(roles, owner) {
      for (const [role, mark] of await readRoleMarks(client, roles)) {
        if (mark !== owner)
          throw new NameTakenError(`The role ${role} exists and belongs to something else.`);
      }
    },

    ensureRole: (role, password, owner) => ensureRole(client, role, password, owner),

    async ensureDatabase(database, role) {
      await assertCollations(client);
      const found = await databaseOwner(database);
      if (found !== undefined && found !== role) {
        throw new NameTakenError(`The database ${database} exists and belongs to something else.`);
      }
      if (found === undefined) {
        // It accepts no connections until PUBLIC's access is revoked, even if this is killed in between.
        const statement = `CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(role)} ENCODING 'UTF8'
             TEMPLATE template0 ALLOW_CONNECTIONS false`;
        await runAbleToBecome(client, connection, role, statement).catch((error: unknown) => {
          if (!(error instanceof pg.DatabaseError && error.code === invalidParameterValue)) throw error;
          // The server's own locale is for another encoding. C suits every encoding.
          return runAbleToBecome(client, connection, role, `${statement} LC_COLLATE 'C' LC_CTYPE 'C'`);
        });
      } else {
        await assertUtf8(client, database);
        // A run that was killed while creating the database may have left grants behind.
        await withdrawOwnMemberships(client);
      }
      await openToOwnerOnly(client, database, role);
    },

    databaseOwner,

    async handOverDatabase(database, application, role) {
      const found = await databaseOwner(database);
      if (found !== application && found !== role) {
        throw new NameTakenError(`The database ${database} belongs to something else.`);
      }
      await handOverDatabase(client, { database, application, owner: role });
    },

    async dropDatabaseAndRoles(database, roles, owner, inspect) {
      const marks = await readRoleMarks(client, roles);
      const own = roles.filter((role) => marks.get(role) === owner);
      const others = [...marks.keys()].filter((role) => !own.includes(role));
      const found = await databaseOwner(database);
      const isOwn = found !== undefined && own.includes(found);
      if (isOwn && inspect) {
        await withDatabaseEntry(connection, { database, mark: owner }, (entered) =>
          actingAs(entered, found, () => inspect(entered)),
        ).catch(ignoreClosedDatabase);
      }
      const isDropped = isOwn || (found !== undefined && (await isBeingDropped(client, database, owner)));
      if (isDropped) await dropDatabase(client, database, own, owner);
      for (const role of own) await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
      return [...(found === undefined || isDropped ? [] : [database]), ...others];
    },
  };
}

/**
 * Creates a role like {@link ServerAdministration.ensureRole}, on a connection that may be in a transaction.
 * @throws {NameTakenError} when a role of that name belongs to somebody else.
 */
export async function ensureRole(
  client: pg.Client,
  role: string,
  password: string,
  owner: string,
): Promise<void> {
  const found = await readRoleMark(client, role);
  if (found === undefined) {
    // One simple query is one transaction, so a role never exists without its owner's mark. `createrole_self_grant` is
    // cleared, because it may make a role's creator a member of it.
    await settingPassword(client, password, (literal) =>
      client.query(
        `SELECT set_config(name, '', false) FROM pg_settings WHERE name = 'createrole_self_grant';
         CREATE ROLE ${escapeIdentifier(role)} LOGIN ${ordinaryRole} PASSWORD ${literal};
         ${commentOnRole(role, owner)}`,
      ),
    );
    return;
  }
  if (found !== owner) throw new NameTakenError(`The role ${role} exists and belongs to something else.`);
  await settingPassword(client, password, (literal) =>
    client.query(`ALTER ROLE ${escapeIdentifier(role)} LOGIN PASSWORD ${literal}`),
  );
}

/** Runs `work` as a role, because objects in its database may run code with the reader's rights. */
async function actingAs(client: pg.Client, role: string, work: () => Promise<void>): Promise<void> {
  await actingFor(client, [role], async () => {
    await client.query(`SET LOCAL ROLE ${escapeIdentifier(role)}`);
    await work();
    await client.query('RESET ROLE');
  });
}

const invalidParameterValue = '22023';
const objectNotInPrerequisiteState = '55000';

/** Ignores that a database accepts no connections: it is being dropped or is unfinished. */
function ignoreClosedDatabase(error: unknown): void {
  if (!(error instanceof pg.DatabaseError && error.code === objectNotInPrerequisiteState)) throw error;
}

const accessSchema = z.tuple([z.object({ open: z.boolean(), connectable: z.boolean() })]);

/** Revokes what PostgreSQL grants PUBLIC in every new database, and lets its owner connect. */
async function openToOwnerOnly(client: pg.Client, database: string, owner: string): Promise<void> {
  const { rows } = await client.query(
    `SELECT has_database_privilege('public', oid, 'CONNECT') OR has_database_privilege('public', oid, 'TEMPORARY') AS open,
            datallowconn AS connectable
     FROM pg_database WHERE datname = $1`,
    [database],
  );
  const [{ open, connectable }] = accessSchema.parse(rows);
  if (!open && connectable) return;
  const name = escapeIdentifier(database);
  await actingFor(client, [owner], () =>
    client.query(
      `REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC;
       ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
    ),
  );
}

const encodingSchema = z.array(z.object({ encoding: z.string() }));

/** @throws {DatabaseEncodingError} when the database, if there is one, can't hold every character. */
export async function assertUtf8(client: pg.Client, database: string): Promise<void> {
  const { rows } = await client.query(
    'SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = $1',
    [database],
  );
  const [found] = encodingSchema.parse(rows);
  if (found && found.encoding !== 'UTF8') throw new DatabaseEncodingError(database, found.encoding);
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
    // Also other roles' sessions, such as a monitoring agent's, if the administrator may end them.
    await client.query(
      `SELECT pg_terminate_backend(pid)
       FROM pg_stat_activity AS session JOIN pg_roles AS role ON role.oid = session.usesysid
       WHERE datname = $1 AND (usename = ANY ($2) OR NOT rolsuper AND pg_has_role('pg_signal_backend', 'USAGE'))`,
      [database, roles],
    );
  });
  // Waits up to 5 seconds for closing sessions.
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
}

/** Returns whether this administrator has started to drop the database, which belonged to a role with that mark. */
async function isBeingDropped(client: pg.Client, database: string, mark: string): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_database WHERE datname = $1 AND pg_get_userbyid(datdba) = current_user
       AND shobj_description(oid, 'pg_database') = $2`,
    [database, mark],
  );
  return rows.length > 0;
}
