import type pg from 'pg';
import { DatabaseClient, type DatabaseClientConfig } from './database-client.ts';

const connectTimeoutMilliseconds = 5_000;

/** A tenant's own role can lock its tables; without a limit, whoever asks them something would wait for ever. */
const statementTimeoutMilliseconds = 60_000;

/** The time that a server has beyond the statement's for telling that it gave up. Later, it counts as lost. */
const silenceMilliseconds = 5_000;

const endTimeoutMilliseconds = 2_000;

/** For work that may take any time, such as a migration: its statements wait for whatever they need. */
export const unhurried = { statement_timeout: 0, query_timeout: 0 } as const;

/**
 * For what may go through a pooler, which refuses time limits at the start of a session: the role's own apply (see
 * session-limits.ts).
 */
export const poolable = { statement_timeout: false, query_timeout: 0 } as const;

/** For work on roles and databases: PostgreSQL copies files for it, and waits for checkpoints. */
export const administrative = limitedTo(600_000);

/** Settings of a connection whose statements are given up after that time. */
export function limitedTo(milliseconds: number) {
  return { statement_timeout: milliseconds, query_timeout: milliseconds + silenceMilliseconds };
}

/**
 * Runs `work` on one connection of its own, and closes it whatever happens. A statement is given up after a minute
 * unless the connection's settings say otherwise.
 */
export async function withConnection<T>(
  connection: DatabaseClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient({
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    ...limitedTo(statementTimeoutMilliseconds),
    ...connection,
  });
  // A connection that dies between two statements reports it here as well as to the next statement.
  client.on('error', () => {});
  try {
    await client.connect().catch((error: unknown) => {
      if (error instanceof Error && connection.variable) error.message += ` (see ${connection.variable})`;
      throw error;
    });
    return await work(client);
  } finally {
    await endInTime(client);
  }
}

/** A server that has stopped does not answer the farewell either. */
async function endInTime(client: pg.Client): Promise<void> {
  const cutOff = setTimeout(() => client.connection.stream.destroy(), endTimeoutMilliseconds);
  await client.end().finally(() => clearTimeout(cutOff));
}
