import pg from 'pg';
import { onTestFinished } from 'vitest';

/** Statements that are refused until the end of the test, or until they are let through. */
export interface RefusedStatements {
  /** Those that were refused so far. */
  readonly refused: readonly string[];
  letThrough(): void;
}

/**
 * Refuses statements in place of the server: what it would take a provider's to refuse.
 * @param reasonFor returns the server's answer; null for a statement that is let through.
 */
export function refuseStatements(
  reasonFor: (
    statement: string,
    refusedBefore: number,
  ) => { readonly message: string; readonly code?: string } | null,
): RefusedStatements {
  const { query: send } = pg.Client.prototype;
  const refused: string[] = [];
  pg.Client.prototype.query = function refuse(this: pg.Client, ...args: unknown[]) {
    const statement = String(args[0]);
    const reason = reasonFor(statement, refused.length);
    if (reason === null) return Reflect.apply(send, this, args);
    refused.push(statement);
    const { message, code } = reason;
    return Promise.reject(Object.assign(new pg.DatabaseError(message, 0, 'error'), { code }));
  };
  const letThrough = () => {
    pg.Client.prototype.query = send;
  };
  onTestFinished(letThrough);
  return { refused, letThrough };
}
