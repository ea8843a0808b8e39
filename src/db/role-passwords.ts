import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { hasProvenItself } from './database-client.ts';

/** PostgreSQL's own default (`scram_iterations`). */
const scramIterations = 4096;

/**
 * Runs a statement that sets a role's password. The statement gets a literal of the SCRAM verifier that PostgreSQL
 * stores, so that the password itself never appears in a statement, where the server's log or `pg_stat_activity` would
 * show it. Some servers refuse that, because they check passwords or also store them elsewhere, such as Neon or those
 * with credcheck. They get the password itself, unless others could read it in transit.
 */
export async function settingPassword(
  client: pg.Client,
  password: string,
  run: (literal: string) => Promise<unknown>,
): Promise<void> {
  try {
    await run(pg.escapeLiteral(scramVerifier(password)));
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && /plain ?text/i.test(error.message))) throw error;
    if (!isPrivate(client)) {
      throw new Error(
        'The server accepts only plain passwords: connect to it with TLS and an administrator password.',
        { cause: error },
      );
    }
    await run(pg.escapeLiteral(password));
  }
}

/**
 * Returns whether the connection is private: a Unix socket, local to this machine, or with TLS. Since not every TLS
 * mode authenticates the server, it must have proven that it knows the administrator's password.
 */
function isPrivate(client: pg.Client): boolean {
  const { stream } = client.connection;
  if (stream instanceof TLSSocket) return hasProvenItself(client);
  return stream instanceof Socket && /^(|127\..*|::1|::ffff:127\..*)$/.test(stream.remoteAddress ?? '');
}

/** Returns the SCRAM verifier that PostgreSQL stores for a password (RFC 5803). */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, scramIterations, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString('base64')}$${storedKey}:${key('Server Key').toString('base64')}`;
}
