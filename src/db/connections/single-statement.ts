import pg from 'pg';
import { z } from 'zod';
import type { PreparedStatements } from './prepared-statements.ts';

/** Parses the arguments of a query; null for the forms with a callback or a submittable object. */
export function singleStatement([statement, values]: unknown[]): pg.QueryConfig | null {
  if (typeof values === 'function') return null;
  const given = Array.isArray(values) ? { values } : {};
  if (typeof statement === 'string') return { text: statement, ...given };
  return isQueryConfig(statement) ? { ...statement, ...given } : null;
}

function isQueryConfig(statement: unknown): statement is pg.QueryConfig {
  return (
    typeof statement === 'object' && statement !== null && 'text' in statement && !('submit' in statement)
  );
}

/**
 * Errors that only prepared statements fail with: a migration has changed the result (0A000), the server has dropped
 * the statement, as after DISCARD ALL (26000), or another client has prepared it (42P05).
 */
const staleSchema = z.object({ code: z.enum(['0A000', '26000', '42P05']) });

/**
 * Sends a statement outside of any transaction, and retries it unprepared if it failed because it was prepared; it has
 * then changed nothing.
 * @param prepared null if nothing may be prepared.
 */
export async function sendStatement(
  client: pg.ClientBase,
  statement: pg.QueryConfig,
  prepared: PreparedStatements | null,
): Promise<pg.QueryResult> {
  const named = prepared?.use(statement);
  if (!prepared || !named) return client.query({ ...statement, name: undefined });
  try {
    return await client.query({ ...statement, ...named });
  } catch (error) {
    if (!staleSchema.safeParse(error).success) throw error;
    prepared.close(named.name);
    return client.query({ ...statement, name: undefined });
  }
}

/** SQLSTATE classes of statements that the server refused or canceled in a session that stays usable. */
const statementFailures = /^(0A...|2[1236]...|42...|P0...|57014)$/;

/** Returns whether the connection is still usable. */
export function leavesUsable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && statementFailures.test(error.code ?? '');
}
