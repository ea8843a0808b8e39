import pg from 'pg';
import { parseDatasourceUrl } from '../config/datasource.ts';
import { poolable, withConnection } from './with-connection.ts';

/**
 * Runs `work` while this process alone holds the lock of that name on the database. The lock belongs to a transaction,
 * which a pooler keeps on one connection to the server, and it goes with the connection, so a process that dies leaves
 * none behind. Whatever the server's default isolation is, the transaction keeps no snapshot that a vacuum would wait for.
 * @returns null, without running `work`, when another process holds the lock.
 */
export async function withExclusiveLock<T>(
  databaseUrl: string,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | null> {
  const database = parseDatasourceUrl(databaseUrl);
  return withConnection({ ...database, ...poolable, keepAlive: true }, async (client) => {
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED;
       SELECT set_config(name, '0', true) FROM pg_settings
       WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`,
    );
    // Not with a bound value: its portal would keep the statement's snapshot until the transaction ends.
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended(${pg.escapeLiteral(name)}, 0)) AS locked`,
    );
    const result = rows[0]?.locked ? { result: await work() } : null;
    // Left open, a transaction costs the pooler its connection. What was done stays done if this one is lost by now.
    await client.query('ROLLBACK').catch(() => undefined);
    return result;
  });
}
