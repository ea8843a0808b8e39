import pg from 'pg';
import { z } from 'zod';
import { readRoleMark, tenantRoleMark } from './role-marks.ts';
import { actingFor, isRefusal, readStanding } from './role-membership.ts';
import { withConnection } from './with-connection.ts';

const { escapeIdentifier } = pg;

/** A tenant's database, and the mark on the role that owns it. */
export interface MarkedDatabase {
  readonly database: string;
  readonly mark: string;
}

/** Another run may mistake the grant for a leftover and revoke it before it is used. */
const triesToEnter = 5;

const ownersSchema = z.array(z.object({ owner: z.string() }));
const entriesSchema = z.array(z.object({ database: z.string(), owner: z.string() }));

/** Returns undefined when there is no such database. */
export async function readDatabaseOwner(client: pg.Client, database: string): Promise<string | undefined> {
  const { rows } = await client.query(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  );
  return ownersSchema.parse(rows)[0]?.owner;
}

/**
 * Runs `work` on the administrator's connection to a tenant's database. An administrator who isn't a superuser gets
 * access for that time, because only the tenant's own roles may connect to it.
 */
export async function withDatabaseEntry<T>(
  connection: pg.ClientConfig,
  place: MarkedDatabase,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  let isLetIn = false;
  let hasEntered = false;
  const enter = async () => {
    isLetIn = await withConnection(connection, (client) => letIn(client, place));
    return withConnection({ ...connection, database: place.database }, async (client) => {
      hasEntered = true;
      await ignoreNamesOf(client);
      return work(client);
    });
  };
  const letOutAgain = async () => {
    if (isLetIn) await withConnection(connection, (client) => letOut(client, place.database));
  };
  for (let tries = 1; ; tries++) {
    try {
      const result = await enter();
      await letOutAgain();
      return result;
    } catch (error) {
      if (hasEntered || !isLetIn || tries === triesToEnter || !isRefusal(error)) {
        await letOutAgain().catch(() => undefined);
        throw error;
      }
    }
  }
}

/**
 * Keeps an administrator's session from resolving names to objects of the connected database: its owner may have set
 * another search path for the database, with their own functions that would run with the administrator's rights.
 */
export async function ignoreNamesOf(client: pg.Client): Promise<void> {
  await client.query(`SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)`);
}

/** @returns whether this must be undone. */
async function letIn(client: pg.Client, { database, mark }: MarkedDatabase): Promise<boolean> {
  if ((await readStanding(client)).superuser) return false;
  const owner = await readDatabaseOwner(client, database);
  if (owner === undefined || (await readRoleMark(client, owner)) !== mark) return false;
  await actingFor(client, [owner], () =>
    client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO CURRENT_USER`),
  );
  return true;
}

async function letOut(client: pg.Client, database: string): Promise<void> {
  const owner = await readDatabaseOwner(client, database);
  if (owner === undefined) return;
  await actingFor(client, [owner], () =>
    client.query(`REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM CURRENT_USER`),
  );
}

/**
 * Revokes what {@link withDatabaseEntry} had granted the administrator when it was killed.
 * @returns the databases that the administrator could connect to until now.
 */
export async function withdrawOwnEntries(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT DISTINCT datname AS database, owner.rolname AS owner
     FROM pg_database
     JOIN pg_roles AS owner ON owner.oid = datdba
     CROSS JOIN aclexplode(datacl) AS entry
     JOIN pg_roles AS administrator ON administrator.oid = entry.grantee
     WHERE administrator.rolname = current_user AND entry.privilege_type = 'CONNECT' AND owner.oid <> administrator.oid
       AND starts_with(shobj_description(owner.oid, 'pg_authid'), $1)
     ORDER BY 1`,
    [tenantRoleMark],
  );
  const withdrawn: string[] = [];
  for (const { database, owner } of entriesSchema.parse(rows)) {
    try {
      await actingFor(client, [owner], () =>
        client.query(`REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM CURRENT_USER`),
      );
      withdrawn.push(database);
    } catch (error) {
      // Another administrator's: only its owner, or that owner's creator, can revoke the grant.
      if (!isRefusal(error)) throw error;
    }
  }
  return withdrawn;
}
