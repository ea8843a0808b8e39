import pg from 'pg';
import { parseDatasourceUrl } from '../config/datasource.ts';
import { poolable, withConnection } from './with-connection.ts';

/**
 * Runs `work` while this process alone holds the lock of that name on the database. The lock belongs to a transaction,
 * which a pooler keeps on one server connection. It is released with the connection, so a process that dies leaves no
 * lock behind. Regardless of the server's default isolation, the transaction holds no snapshot that would block a
 * vacuum.
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
    // Without bound values, whose portal would hold the statement's snapshot until the transaction ends.
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended(${pg.escapeLiteral(name)}, 0)) AS locked`,
    );
    const result = rows[0]?.locked ? { result: await work() } : null;
    // An open transaction would cost the pooler its connection. If this one is already lost, the work stays done.
    await client.query('ROLLBACK').catch(() => undefined);
    return result;
  });
}
