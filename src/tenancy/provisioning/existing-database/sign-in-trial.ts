import pg from 'pg';
import type { DatabaseClientConfig } from '../../../db/database-client.ts';
import { SharedSessionError } from '../../../db/kept-session.ts';
import { UnsafePasswordRequestError } from '../../../db/unusable-server-error.ts';
import { withConnection } from '../../../db/with-connection.ts';
import { reasonOf } from '../../../errors/reason.ts';

/** The reason why a sign-in failed, as far as it can be told apart. */
export type SignInFailure =
  /** Another password or none, or no such role. */
  | 'refused'
  /** No entry in `pg_hba.conf`, no right to sign in or, where no password is asked for, no such role. */
  | 'not-admitted'
  /** The password is right, but there is no such database. */
  | 'no-database'
  /** The password is right, but the role may not connect to the database. */
  | 'no-access'
  /** The password is right, but nobody may connect to the database. */
  | 'closed'
  /** The server asks for the password in a way that would give it away. */
  | 'unsafe'
  /** A pooler answers, which forgets or refuses what a migration sets for its session. */
  | 'pooler'
  /** Anything else: the server is away, full, or not reached as it asks to be. */
  | 'other';

/** The outcome of a sign-in. */
export type SignInTrial<T> =
  | { readonly seen: T; readonly failure: null }
  | { readonly seen: null; readonly failure: SignInFailure; readonly reason: string };

const failures: Readonly<Record<string, SignInFailure>> = {
  '28P01': 'refused',
  '28000': 'not-admitted',
  '3D000': 'no-database',
  '42501': 'no-access',
  '55000': 'closed',
  '08P01': 'pooler',
};

/** Signs in, and looks at the database if that succeeds. @throws what `look` throws. */
export async function trySignIn<T>(
  connection: DatabaseClientConfig,
  look: (client: pg.Client) => Promise<T>,
): Promise<SignInTrial<T>> {
  let isIn = false;
  try {
    const seen = await withConnection(connection, (client) => {
      isIn = true;
      return look(client);
    });
    return { seen, failure: null };
  } catch (error) {
    if (isIn) throw error;
    return { seen: null, failure: failureOf(error), reason: reasonOf(error) };
  }
}

function failureOf(error: unknown): SignInFailure {
  if (error instanceof UnsafePasswordRequestError) return 'unsafe';
  if (error instanceof SharedSessionError) return 'pooler';
  return error instanceof pg.DatabaseError ? (failures[error.code ?? ''] ?? 'other') : 'other';
}
