import pg from 'pg';
import { z } from 'zod';
import type { DatabaseConnection, DatabaseDriver } from './driver.ts';
import { SchemaEngineError } from './errors.ts';

const failure = z.object({ code: z.string().optional().catch(undefined), message: z.string() });

const UNREACHABLE = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
]);

const TLS_FAILURE = /certificate|SSL|TLS/;

/**
 * Describes a failure to connect in Prisma's codes and words: P1000 wrong password, P1001 not
 * reachable, P1003 no such database, P1010 access denied, P1011 TLS, P2037 too many connections. Anything
 * else keeps its message and has no code.
 */
export function connectionError(
  driver: DatabaseDriver,
  error: unknown,
  connection: DatabaseConnection,
): SchemaEngineError {
  if (error instanceof SchemaEngineError) return error;
  const { code, message } = failure.catch({ code: undefined, message: 'unknown error' }).parse(error);
  const fail = (prismaCode: string | undefined, text: string) =>
    new SchemaEngineError(text, prismaCode, { cause: error });
  const address = driver.serverOf(connection);

  // Messages are matched only where there is no code: PostgreSQL's errors have one, and messages in any language.
  if (code === undefined ? /timeout/.test(message) : UNREACHABLE.has(code)) {
    return fail(
      'P1001',
      `Can't reach database server at \`${address}\`\n\nPlease make sure your database server is running at \`${address}\`.`,
    );
  }
  switch (code) {
    case '28P01':
      return fail('P1000', authenticationFailed(connection.user));
    case '28000':
      return fail(
        'P1010',
        `User \`${connection.user}\` was denied access on the database \`${connection.database}\`: ${message}`,
      );
    case '3D000':
      return fail('P1003', `Database \`${connection.database}\` does not exist`);
    case '53300':
      return fail('P2037', `Too many database connections opened: ${message}`);
  }
  // The driver refuses an empty password by itself, without asking the server.
  if (code === undefined && message.startsWith('SASL')) {
    return fail('P1000', authenticationFailed(connection.user));
  }
  if (!(error instanceof pg.DatabaseError) && TLS_FAILURE.test(message))
    return fail('P1011', `Error opening a TLS connection: ${message}`);
  return fail(undefined, message);
}

function authenticationFailed(user: string): string {
  return (
    `Authentication failed against database server, the provided database credentials for \`${user}\` are not valid.\n\n` +
    'Please make sure to provide valid database credentials for the database server at the configured address.'
  );
}
