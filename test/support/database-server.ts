import pg from 'pg';
import { inject } from 'vitest';
import { z } from 'zod';

const processesSchema = z.array(z.object({ pid: z.int() }));
const countSchema = z.tuple([z.object({ count: z.coerce.number() })]);

/** The run's PostgreSQL server as its superuser sees it, past every application: to disturb it and to look. */
export interface DatabaseServer {
  /** Runs one statement. */
  run(statement: string): Promise<void>;
  /** Counts the applications' open connections to these databases. */
  countConnections(databases: readonly string[]): Promise<number>;
  /** The server processes behind the connections to the database. */
  listProcesses(database: string): Promise<number[]>;
  /** Ends every connection to the database; resolves with their number once they are gone. */
  endConnections(database: string): Promise<number>;
  /** Ends the connections whose statements wait for a lock. */
  endBlockedConnections(database: string): Promise<number>;
  close(): Promise<void>;
}

/** Connects to the run's server, or to another one. */
export function connectToDatabaseServer(superuserUrl = inject('postgresUrl')): DatabaseServer {
  const pool = new pg.Pool({ connectionString: superuserUrl, max: 4 });
  // A test may restart the server.
  pool.on('error', () => {});
  const count = async (statement: string, values: unknown[]) =>
    countSchema.parse((await pool.query(statement, values)).rows)[0].count;
  return {
    run: async (statement) => {
      await pool.query(statement);
    },
    countConnections: (databases) =>
      count(
        `SELECT count(*) FROM pg_stat_activity
         WHERE datname = ANY ($1) AND application_name = 'cxg-graphql-api'`,
        [databases],
      ),
    listProcesses: async (database) => {
      const { rows } = await pool.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
        [database],
      );
      return processesSchema.parse(rows).map(({ pid }) => pid);
    },
    endConnections: (database) =>
      count(
        `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
         WHERE datname = $1 AND backend_type = 'client backend'`,
        [database],
      ),
    endBlockedConnections: (database) =>
      count(
        `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
         WHERE datname = $1 AND wait_event_type = 'Lock'`,
        [database],
      ),
    close: () => pool.end(),
  };
}
