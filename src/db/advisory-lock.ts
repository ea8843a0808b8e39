import { withConnection } from './with-connection.ts';

/**
 * Runs `work` while this process alone holds the lock of that name on the database; the lock goes with the
 * connection, so a process that dies leaves none behind.
 * @returns null, without running `work`, when another process holds the lock.
 */
export async function withExclusiveLock<T>(
  databaseUrl: string,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | null> {
  return withConnection({ connectionString: databaseUrl, keepAlive: true }, async (client) => {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [name],
    );
    return rows[0]?.locked ? { result: await work() } : null;
  });
}
