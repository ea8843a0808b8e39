import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A statement with the name under which connections prepare it. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** Names the statements that are worth preparing. */
export interface StatementNames {
  /**
   * Counts a statement that is about to be sent, and returns its name from the second time on: clients may send ever
   * new selections, most of them only once. All callers share one string, because the driver keeps the text with each
   * connection that has prepared it.
   */
  seen(text: string): NamedStatement | null;
}

interface Known extends NamedStatement {
  isFirst: boolean;
}

/** Memory for all texts together: room for some 1,500. */
const textsBytes = 4 * 1_024 * 1_024;

/** Creates the names of one process. A name is derived from the text, so that it stays the same after eviction. */
export function createStatementNames(maxBytes = textsBytes): StatementNames {
  const known = new LRUCache<string, Known>({
    maxSize: maxBytes,
    sizeCalculation: ({ text }) => 200 + text.length,
  });
  return {
    seen(text) {
      const statement = known.get(text);
      if (!statement) {
        known.set(text, { name: `q_${hash('sha256', text, 'base64url').slice(0, 32)}`, text, isFirst: true });
        return null;
      }
      statement.isFirst = false;
      return statement;
    },
  };
}
