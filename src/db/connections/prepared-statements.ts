import type pg from 'pg';
import type { NamedStatement, StatementNames } from './statement-names.ts';

declare module 'pg' {
  // Parts of the driver that @types/pg doesn't declare.
  interface ClientBase {
    readonly connection: Connection;
  }
  interface Connection {
    /** The text of each named statement that the server has parsed for this connection. */
    readonly parsedStatements: Record<string, string>;
  }
}

/** The named statements of one connection, which its server process keeps with their plans. */
export interface PreparedStatements {
  /**
   * Names a statement that is about to be sent, and marks it as most recently used; null for one to be sent without a
   * name. Beyond the limits, it closes the least recently used statements.
   */
  use(statement: pg.QueryConfig): NamedStatement | null;
  /** Closes the statement, so that it is prepared again when next sent. */
  close(name: string): void;
}

/**
 * The limits for each connection: the number of statements, and the characters of all their texts together. An
 * application uses a few dozen statements. With its plan, one takes the server process about 50 times its text: a
 * page's some 100 kB, and all of them 5 MB at most, whatever selections and filters clients use.
 */
const bounds = { statements: 100, textLength: 100_000 };

/** Creates the record of a new connection, which has no other named statements. */
export function createPreparedStatements(
  { connection }: pg.ClientBase,
  statementNames: StatementNames,
): PreparedStatements {
  /** The length of each text by name, least recently used first: a Map iterates in insertion order. */
  const lengths = new Map<string, number>();
  let textLength = 0;

  function forget(name: string): void {
    textLength -= lengths.get(name) ?? 0;
    lengths.delete(name);
  }

  function close(name: string): void {
    forget(name);
    delete connection.parsedStatements[name];
    // Without its own Sync, it takes no round trip: the next statement's follows immediately.
    connection.close({ type: 'S', name }, true);
  }

  return {
    use({ name, text }) {
      const statement = name === undefined ? statementNames.seen(text) : { name, text };
      if (!statement || statement.text.length > bounds.textLength) return null;
      forget(statement.name);
      lengths.set(statement.name, statement.text.length);
      textLength += statement.text.length;
      for (const oldest of lengths.keys()) {
        if (lengths.size <= bounds.statements && textLength <= bounds.textLength) break;
        close(oldest);
      }
      return statement;
    },
    close,
  };
}
