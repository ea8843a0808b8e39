import pg from 'pg';
import { grantToApplication } from './application-privileges.ts';
import { actingFor } from './role-membership.ts';

const { escapeIdentifier } = pg;

/** A database that one role has owned and used, and its two future roles. */
interface Handover {
  /** The database of the connection, which belongs to an administrator who may act for `application`. */
  readonly database: string;
  /** The role that has owned everything, and stays the application's. */
  readonly application: string;
  readonly owner: string;
}

/**
 * Gives the database and its objects to the new owner and grants the application its privileges, in one transaction, so
 * that a running application is never without them.
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
    // Before their contents: functions and types can only be given to a role with CREATE on their schema.
    for (const { name } of rows) {
      await client.query(`ALTER SCHEMA ${escapeIdentifier(name)} OWNER TO ${escapeIdentifier(owner)}`);
    }
    await client.query(`REASSIGN OWNED BY ${escapeIdentifier(application)} TO ${escapeIdentifier(owner)}`);
    await client.query(`SET LOCAL ROLE ${escapeIdentifier(owner)}`);
    await grantToApplication(client, application);
    await client.query('RESET ROLE');
  });
}
