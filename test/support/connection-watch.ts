import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';

const rowsSchema = z.tuple([z.object({ connections: z.int() })]);

/** Watches how many connections the server has to some databases. */
export interface ConnectionWatch {
  /** Stops watching. @returns the most that were ever seen, and how often it looked. */
  stop(): Promise<{ readonly most: number; readonly looks: number }>;
}

/** Looks at `pg_stat_activity` again and again, over a connection of its own. */
export async function watchConnections(
  serverUrl: string,
  databases: readonly string[],
): Promise<ConnectionWatch> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  let watching = true;
  let most = 0;
  let looks = 0;
  const watched = (async () => {
    while (watching) {
      const { rows } = await client.query(
        // Autovacuum's workers are listed as well.
        `SELECT count(*)::int AS connections FROM pg_stat_activity
         WHERE datname = ANY ($1) AND backend_type = 'client backend'`,
        [databases],
      );
      most = Math.max(most, rowsSchema.parse(rows)[0].connections);
      looks++;
      await delay(2);
    }
  })();
  return {
    async stop() {
      watching = false;
      await watched.finally(() => client.end());
      return { most, looks };
    },
  };
}
