import pg from 'pg';
import { z } from 'zod';
import { connectionError } from './connection-errors.ts';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** Overrides the settings of the database and the role: a migration may take any time and waits for its locks. */
const UNHURRIED = `SET statement_timeout TO 0; SET lock_timeout TO 0; SET idle_in_transaction_session_timeout TO 0;
  SET default_transaction_isolation TO 'read committed'`;

/** PostgreSQL's one-byte type `"char"`, which its catalogues use and @prisma/adapter-pg cannot read. */
const INTERNAL_CHAR_OID = 18;
const TEXT_OID = 25;

const column = z.object({ dataTypeID: z.number() });
const rowDescription = z.object({
  // Passed through as it is, not copied: the driver goes on to read the same objects.
  fields: z.array(z.custom<z.infer<typeof column>>((field) => column.safeParse(field).success)),
});

/** One connection in the shape of a pool, the only shape that @prisma/adapter-pg takes. */
export interface Session {
  readonly pool: pg.Pool;
  /** Positions of the columns in the newest result that were `"char"`, and are presented as text. */
  newestCharColumns(): readonly number[];
  end(): Promise<void>;
}

/**
 * Opens a connection that all queries share until it ends, so that what a migration sets (search path, locks)
 * holds, and the advisory lock lives and dies with the session that migrates. A plain pool would replace the
 * connection after every failed statement, and lose the lock with it.
 *
 * @param schema where unqualified names, such as Prisma's own migrations table, are looked up and created
 * @throws SchemaEngineError when the database cannot be reached or refuses the user (see {@link connectionError}), and
 * when a pooler would share the session with others
 */
export async function openSession(
  driver: DatabaseDriver,
  connection: DatabaseConnection,
  schema: string,
): Promise<Session> {
  const pool = new pg.Pool({
    ...connection,
    Client: driver.Client,
    application_name: 'cxg-schema-engine',
    max: 1,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
  });
  const client = await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw connectionError(driver, error, connection);
  });
  // Without listeners, a lost connection would end the process. The next query reports it.
  client.on('error', () => undefined);
  pool.on('error', () => undefined);
  const newestCharColumns = presentInternalCharAsText(client);
  pool.query = client.query.bind(client);
  const end = async () => {
    // The pool would not wait until the server has let go of the database.
    await client.end();
    client.release(true);
    await pool.end();
  };
  try {
    await driver.assertKeepsSession(client, connection);
    await pool.query(`SET search_path TO ${pg.escapeIdentifier(schema)}; ${UNHURRIED}`);
  } catch (error) {
    await end();
    throw connectionError(driver, error, connection);
  }
  return { pool, newestCharColumns, end };
}

function presentInternalCharAsText(client: pg.PoolClient): () => readonly number[] {
  let charColumns: number[] = [];
  // First in line, so that everything that reads the column's type sees the changed one.
  client.connection.prependListener('rowDescription', (message: unknown) => {
    charColumns = [];
    for (const [position, field] of rowDescription.parse(message).fields.entries()) {
      if (field.dataTypeID !== INTERNAL_CHAR_OID) continue;
      field.dataTypeID = TEXT_OID;
      charColumns.push(position);
    }
  });
  return () => charColumns;
}
