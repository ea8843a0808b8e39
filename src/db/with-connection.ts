import type pg from 'pg';
import { DatabaseClient, type DatabaseClientConfig } from './database-client.ts';
import { assertKeepsSession, isRefusedParameter } from './kept-session.ts';

const connectTimeoutMilliseconds = 5_000;

/** A tenant's own role can lock its tables; without a limit, queries on them would wait for ever. */
const statementTimeoutMilliseconds = 60_000;

/** The time beyond the statement's limit in which a server can report the timeout. After that, it counts as lost. */
const silenceMilliseconds = 5_000;

const endTimeoutMilliseconds = 2_000;

/** Whatever the server's default is, a statement that waited for another session must see that session's changes. */
const readCommitted = `SET default_transaction_isolation TO 'read committed'`;

/** Settings of a connection. */
export interface ConnectionSettings extends DatabaseClientConfig {
  /** Allows a pooler to give the session to others between transactions. */
  readonly isPoolable?: boolean;
}

/** For work that may take any time, such as a migration: its statements have no time limit. */
export const unhurried = { statement_timeout: 0, query_timeout: 0 } as const;

/**
 * For transactions and single statements, which may go through a pooler in transaction mode. It refuses time limits at
 * the start of a session: the role's own apply (see session-limits.ts).
 */
export const poolable = {
  isPoolable: true,
  statement_timeout: false,
  query_timeout: statementTimeoutMilliseconds + silenceMilliseconds,
} as const;

/** For work on roles and databases, for which PostgreSQL copies files and waits for checkpoints. */
export const administrative = limitedTo(600_000);

/** Returns settings of a connection whose statements time out after that time. */
function limitedTo(milliseconds: number) {
  return { statement_timeout: milliseconds, query_timeout: milliseconds + silenceMilliseconds };
}

/**
 * Runs `work` in its own session, and closes it whatever happens. Statements time out after a minute unless the
 * connection's settings say otherwise.
 * @throws {SharedSessionError} when a pooler would give the session to others in between, unless it is
 * {@link poolable}.
 */
export async function withConnection<T>(
  { isPoolable = false, ...connection }: ConnectionSettings,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const config = {
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    ...limitedTo(statementTimeoutMilliseconds),
    ...connection,
  };
  if (isPoolable) return withClient(config, work);
  let isOpen = false;
  try {
    return await withClient(config, async (client) => {
      isOpen = true;
      await assertKeepsSession(client, config);
      await client.query(readCommitted);
      return work(client);
    });
  } catch (error) {
    if (isOpen || !isRefusedParameter(error)) throw error;
    return withClient({ ...config, statement_timeout: false }, async (client) => {
      await assertKeepsSession(client, config);
      await client.query(`${readCommitted}; SET statement_timeout TO ${Number(config.statement_timeout)}`);
      return work(client);
    });
  }
}

async function withClient<T>(
  config: DatabaseClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new DatabaseClient(config);
  // A connection that dies between two statements reports it here as well as to the next statement.
  client.on('error', () => {});
  try {
    await client.connect().catch((error: unknown) => {
      if (error instanceof Error && config.variable) error.message += ` (see ${config.variable})`;
      throw error;
    });
    return await work(client);
  } finally {
    await endInTime(client);
  }
}

/** A server that has stopped doesn't answer a Terminate message either. */
async function endInTime(client: pg.Client): Promise<void> {
  const cutOff = setTimeout(() => client.connection.stream.destroy(), endTimeoutMilliseconds);
  await client.end().finally(() => clearTimeout(cutOff));
}
