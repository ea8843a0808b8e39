import pg from 'pg';
import { z } from 'zod';
import { repeatingConflicts } from './role-membership.ts';

const { escapeIdentifier, escapeLiteral } = pg;

/** The time that a session's statements, and its pauses within a transaction, may take. */
export interface SessionLimits {
  readonly statementTimeoutSeconds: number;
}

/** The parts of a connection that read and set its limits. */
interface Session {
  query(statement: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/**
 * The names and values of a session's settings under these limits.
 *
 * `read committed`: a statement that waited for a row must see its new state, whatever the server's default.
 */
export function sessionSettings({ statementTimeoutSeconds }: SessionLimits): [string, string][] {
  return [
    ['statement_timeout', `${statementTimeoutSeconds}s`],
    ['idle_in_transaction_session_timeout', `${statementTimeoutSeconds}s`],
    ['default_transaction_isolation', 'read committed'],
  ];
}

/** The SQL condition that the session has the limits whose seconds are `$1`. */
export const areLimitsKept = `(
  current_setting('statement_timeout')::interval = make_interval(secs => $1)
  AND current_setting('idle_in_transaction_session_timeout')::interval = make_interval(secs => $1)
  AND current_setting('default_transaction_isolation') = 'read committed')`;

const keptSchema = z.tuple([z.object({ kept: z.boolean() })]);

/**
 * Ensures that a new session has its limits. They are set on its role in its database, because poolers in transaction
 * mode refuse them as startup parameters and drop a session's settings. If the role has other limits, because the plan
 * or PLAN_LIMITS has changed, both the role and the session get these.
 */
export async function keepSessionLimits(session: Session, limits: SessionLimits): Promise<void> {
  const { rows } = await session.query(`SELECT ${areLimitsKept} AS kept`, [limits.statementTimeoutSeconds]);
  if (!keptSchema.parse(rows)[0].kept) await setLimits(session, limits);
}

/** Sets the limits of a session, and of its role. */
export async function setLimits(session: Session, limits: SessionLimits): Promise<void> {
  await limitRole(session, limits);
  await limitSession(session, limits);
}

/** Limits only one session, which a pooler in transaction mode would give to others afterwards. */
export async function limitSession(session: Session, limits: SessionLimits): Promise<void> {
  await session.query(
    sessionSettings(limits)
      .map(([name, value]) => `SET ${name} TO ${escapeLiteral(value)}`)
      .join(';\n'),
  );
}

const roleSchema = z.tuple([
  z.object({ role: z.string(), database: z.string(), settings: z.array(z.string()) }),
]);

/**
 * Every role may change its own settings. Failures are ignored: a standby can't, and the session has its limits anyway.
 */
async function limitRole(session: Session, limits: SessionLimits): Promise<void> {
  const { rows } = await session.query(
    `SELECT session_user::text AS role, current_database()::text AS database, coalesce(setconfig, '{}') AS settings
     FROM (SELECT) AS here
     LEFT JOIN pg_db_role_setting
       ON setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user)
      AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  const [{ role, database, settings }] = roleSchema.parse(rows);
  const wanted = sessionSettings(limits).filter(([name, value]) => !settings.includes(`${name}=${value}`));
  // A pooler's connection to the server may be older than the settings.
  if (wanted.length === 0) return;
  const place = `${escapeIdentifier(role)} IN DATABASE ${escapeIdentifier(database)}`;
  const statements = [
    // After a rotation, a session acts as a role other than the one that signed in.
    'SET LOCAL ROLE NONE',
    ...wanted.map(([name, value]) => `ALTER ROLE ${place} SET ${name} TO ${escapeLiteral(value)}`),
  ];
  // One simple query is one transaction.
  await repeatingConflicts(() => session.query(statements.join(';\n'))).catch(() => undefined);
}
