import pg from 'pg';
import { grantToApplication } from './application-privileges.ts';
import { actingFor } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** A database that one role owned and used, and the two roles that are to do so from now on. */
interface Handover {
  /** The database that the connection is to, of an administrator who may act for `application`. */
  readonly database: string;
  /** The role that has owned everything, and goes on as the application. */
  readonly application: string;
  readonly owner: string;
}

/**
 * Moves the database and what is in it to its new owner, and gives the application its privileges, in one
 * transaction: the application, which may be serving, is never without them.
 */
export async function handOverDatabase(
  client: pg.Client,
  { database, application, owner }: Handover,
): Promise<void> {
  await actingFor(client, [application, owner], async () => {
    await client.query(`ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(owner)}`);
    const { rows } = await client.query<{ name: string }>(
      'SELECT nspname AS name FROM pg_namespace WHERE pg_get_userbyid(nspowner) = $1',
      [application],
    );
    // Before what is in them: functions and types can only be given to who may create in their schema.
    for (const { name } of rows) {
      await client.query(`ALTER SCHEMA ${escapeIdentifier(name)} OWNER TO ${escapeIdentifier(owner)}`);
    }
    await client.query(`REASSIGN OWNED BY ${escapeIdentifier(application)} TO ${escapeIdentifier(owner)}`);
    await client.query(`SET LOCAL ROLE ${escapeIdentifier(owner)}`);
    await grantToApplication(client, application);
    await client.query('RESET ROLE');
  });
}
