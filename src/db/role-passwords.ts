import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { hasProvenItself } from './database-client.ts';

/** PostgreSQL's own default (`scram_iterations`). */
const scramIterations = 4096;

/**
 * Runs a statement that sets a role's password. It is given a literal for what PostgreSQL stores of the password, so
 * that the password itself never stands in a statement, where the server's log or `pg_stat_activity` would show it.
 * Some servers refuse that, because they check passwords or keep them elsewhere as well: Neon, or those with credcheck.
 * They get the password itself, unless others could read it on its way.
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
        'The server takes only the passwords themselves: connect to it with TLS, and with a password of its administrator.',
        { cause: error },
      );
    }
    await run(pg.escapeLiteral(password));
  }
}

/**
 * Returns whether nobody can read what is sent there: by a socket file, within this machine, or with TLS. Since not every
 * mode of TLS checks who answers, the server must have proven that it knows the administrator's password.
 */
function isPrivate(client: pg.Client): boolean {
  const { stream } = client.connection;
  if (stream instanceof TLSSocket) return hasProvenItself(client);
  return stream instanceof Socket && /^(|127\..*|::1|::ffff:127\..*)$/.test(stream.remoteAddress ?? '');
}

/** Returns what PostgreSQL stores of a password (RFC 5803). */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, scramIterations, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const storedKey = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString('base64')}$${storedKey}:${key('Server Key').toString('base64')}`;
}
