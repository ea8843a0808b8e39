import pg from 'pg';
import { z } from 'zod';
import type { PreparedStatements } from './prepared-statements.ts';

/** Reads the arguments of a query; null for its forms with a callback, or with an object that sends itself. */
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
 * Errors that a prepared statement fails with because it was prepared, and a fresh one does not: a migration has changed
 * what it returns (0A000), the server has forgotten it, as after DISCARD ALL (26000), or has it from somebody else
 * (42P05).
 */
const staleSchema = z.object({ code: z.enum(['0A000', '26000', '42P05']) });

/**
 * Sends a statement outside of any transaction, and once more where it failed for being prepared: it has changed
 * nothing then.
 * @param prepared null where nothing may be.
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

/** SQLSTATE classes of a statement that the server refused or gave up, in a session that goes on. */
const statementFailures = /^(0A...|2[1236]...|42...|P0...|57014)$/;

/** Returns whether the connection is as good as before. */
export function leavesUsable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && statementFailures.test(error.code ?? '');
}
