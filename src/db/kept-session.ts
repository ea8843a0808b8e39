import pg from 'pg';
import { z } from 'zod';
import { defaultPort, serverOf } from '../config/datasource.ts';
import { DatabaseClient, type DatabaseClientConfig } from './database-client.ts';

declare module 'pg' {
  // Parts of the driver that @types/pg doesn't declare.
  interface ClientBase {
    /** The server process's id as reported at the start; a pooler invents one or reports none. */
    readonly processID: number | null;
  }
}

/**
 * Thrown when a connection pooler gives the session to others between transactions. The message says what to change.
 */
export class SharedSessionError extends Error {
  override readonly name = 'SharedSessionError';

  constructor(
    {
      host = 'localhost',
      port = defaultPort,
      variable,
    }: Pick<DatabaseClientConfig, 'host' | 'port' | 'variable'>,
    problem: string,
    cause?: unknown,
  ) {
    const server = serverOf({ host, port });
    const place = variable ? `${server} (see ${variable})` : server;
    super(`${place} is a connection pooler ${problem}. ${remedy}`, { cause });
  }
}

const remedy =
  'Migrations, administration and scripts need a direct connection to the server: set its address with --db-direct-host and ' +
  '--db-direct-port of move-tenant or provision-tenant, in TENANT_ADMIN_DATABASE_URL, and in ' +
  'CENTRAL_MIGRATION_DATABASE_URL. A pooler in session mode also works.';

/** A pooler without a free connection makes clients wait. */
const answerMilliseconds = 5_000;

/** Repeated, because a shared session can look exclusive by chance while others use the pooler. */
const rounds = 3;

const processSchema = z.tuple([z.object({ pid: z.int() })]);

/** Returns whether something with sessions of its own, such as a pooler, is between the client and the server. */
export async function isPooled(client: pg.ClientBase): Promise<boolean> {
  return (await readProcess(client)) !== client.processID;
}

/**
 * Asserts that the client has its session to itself until it ends, so that its settings and locks hold, and end with
 * it. Costs one short statement, unless there is a pooler.
 * @param config the settings for another connection of the same kind.
 * @throws {SharedSessionError}
 */
export async function assertKeepsSession(client: pg.ClientBase, config: DatabaseClientConfig): Promise<void> {
  if (!(await isPooled(client))) return;
  const other = new DatabaseClient({
    ...config,
    statement_timeout: false,
    connectionTimeoutMillis: answerMilliseconds,
    query_timeout: answerMilliseconds,
  });
  other.on('error', () => {});
  let isShared: boolean;
  try {
    await other.connect();
    isShared = await sharesSessions(client, other);
  } catch (error) {
    throw new SharedSessionError(
      config,
      `that opens no second session to find out whether it keeps them (${error instanceof Error ? error.message : ''})`,
      error,
    );
  } finally {
    // A client that still waits for the pooler gets no answer to a Terminate message.
    other.connection.stream.destroy();
  }
  if (isShared) {
    throw new SharedSessionError(config, 'that gives each session to others between transactions');
  }
}

/** While a transaction holds one session, it shows whether the other client's session was that one or has changed. */
async function sharesSessions(client: pg.ClientBase, other: pg.ClientBase): Promise<boolean> {
  for (let round = 0; round < rounds; round++) {
    const before = await readProcess(client);
    // A pooler that rotates sessions gives two clients the same two again and again.
    if ((await readProcess(client)) !== before) return true;
    await other.query('BEGIN');
    const kept = await readProcess(other);
    const after = await readProcess(client);
    await other.query('ROLLBACK');
    if (kept === before || after !== before) return true;
  }
  return false;
}

async function readProcess(client: pg.ClientBase): Promise<number> {
  return processSchema.parse((await client.query('SELECT pg_catalog.pg_backend_pid() AS pid')).rows)[0].pid;
}

/** Returns whether a pooler, perhaps in session mode, refused a startup setting. */
export function isRefusedParameter(error: unknown): boolean {
  // PgBouncer's messages aren't translated.
  return (
    error instanceof pg.DatabaseError &&
    error.code === '08P01' &&
    error.message.startsWith('unsupported startup parameter')
  );
}
