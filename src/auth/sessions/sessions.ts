import { z } from 'zod';
import type { IdentityDatabase } from '../../db/identity-database.ts';
import { Prisma } from '../../generated/tenant/client.ts';
import type { IssuedRefreshToken } from '../token-issuer.ts';
import { hashRefreshToken } from './refresh-token-hash.ts';

/** The device and the address that a session was begun with: its owner recognises it by these. */
export interface SessionOrigin {
  /** The `User-Agent` header. */
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** Why a session has ended. */
export type RevocationReason = 'logout' | 'revoked' | 'password' | 'reuse' | 'account' | 'limit';

/** A live session, as its owner sees it. */
export interface OpenSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** More devices has nobody: whoever signs in again and again, and never out, loses the sessions used longest ago. */
export const maximumOpenSessions = 100;

/**
 * Begins a session with its first refresh token. Belongs into a transaction.
 * @returns the ids of the sessions that have ended because the account has too many.
 */
export async function beginSession(
  { sql, tables }: IdentityDatabase,
  session: { readonly id: string; readonly accountId: string },
  token: IssuedRefreshToken,
  origin: SessionOrigin,
): Promise<string[]> {
  // What has ended long ago is of no use to anybody.
  await sql.$executeRaw`
    DELETE FROM ${tables.sessions}
    WHERE account_id = ${session.accountId}::uuid AND expires_at < now() - interval '30 days'`;
  await sql.$executeRaw`
    INSERT INTO ${tables.sessions} (id, account_id, expires_at, user_agent, address)
    VALUES (${session.id}::uuid, ${session.accountId}::uuid, ${expiryOf(token)}, ${origin.userAgent}, ${origin.address})`;
  await storeRefreshToken({ sql, tables }, session.id, token, null);
  const reason: RevocationReason = 'limit';
  const pushedOut = await sql.$queryRaw`
    UPDATE ${tables.sessions} SET revoked_at = now(), revoked_reason = ${reason}
    WHERE id IN (
      SELECT id FROM ${tables.sessions}
      WHERE account_id = ${session.accountId}::uuid AND id <> ${session.id}::uuid
        AND revoked_at IS NULL AND expires_at > now()
      ORDER BY last_used_at DESC, id OFFSET ${maximumOpenSessions - 1}
    )
    RETURNING id::text`;
  return idsOf(pushedOut);
}

/**
 * Two tabs of one browser may refresh with the same token at once. For this long, the second one is served too,
 * unless the first one's successor has already been used. Only one of the two successors can be used.
 */
const reuseGraceSeconds = 10;

/** The outcome of presenting a refresh token. */
export type RotationOutcome = 'rotated' | 'reused' | 'unknown';

/**
 * Exchanges a refresh token for its successor. Call it in a transaction. If the token was used before, outside the
 * grace period, or a sibling of it was, two parties hold the session and one of them is a thief: the outcome is
 * `reused`, and the caller has to end the session.
 * @returns `unknown` when no open session has such a token.
 */
export async function rotateRefreshToken(
  { sql, tables }: IdentityDatabase,
  used: {
    readonly refreshToken: string;
    readonly tokenId: string;
    readonly sessionId: string;
    readonly accountId: string;
  },
  successor: IssuedRefreshToken,
): Promise<RotationOutcome> {
  // Whoever refreshes or ends the session takes turns on its row.
  const sessions = await sql.$queryRaw`
    SELECT 1 AS open FROM ${tables.sessions}
    WHERE id = ${used.sessionId}::uuid AND account_id = ${used.accountId}::uuid
      AND revoked_at IS NULL AND expires_at > now() FOR UPDATE`;
  if (z.array(z.unknown()).parse(sessions).length === 0) return 'unknown';
  const found = await sql.$queryRaw`
    SELECT used_at IS NULL AS unused,
           COALESCE(used_at > now() - make_interval(secs => ${reuseGraceSeconds}), false)
             AND NOT EXISTS (
               SELECT FROM ${tables.refreshTokens} AS child WHERE child.parent_id = token.id AND child.used_at IS NOT NULL
             ) AS in_grace
    FROM ${tables.refreshTokens} AS token
    WHERE id = ${used.tokenId}::uuid AND session_id = ${used.sessionId}::uuid
      AND token_hash = ${hashRefreshToken(used.refreshToken)}`;
  const [token] = z.array(z.object({ unused: z.boolean(), in_grace: z.boolean() })).parse(found);
  if (!token) return 'unknown';
  if (!token.unused && !token.in_grace) return 'reused';
  await sql.$executeRaw`
    UPDATE ${tables.refreshTokens} SET used_at = COALESCE(used_at, now()) WHERE id = ${used.tokenId}::uuid`;
  if (await isForked({ sql, tables }, used.sessionId)) return 'reused';
  // Expired tokens are kept for as long as a sibling, issued within the grace period, may still be presented.
  await sql.$executeRaw`
    DELETE FROM ${tables.refreshTokens}
    WHERE session_id = ${used.sessionId}::uuid AND expires_at < now() - interval '1 hour'`;
  await sql.$executeRaw`
    UPDATE ${tables.sessions} SET last_used_at = now(), expires_at = ${expiryOf(successor)}
    WHERE id = ${used.sessionId}::uuid`;
  await storeRefreshToken({ sql, tables }, used.sessionId, successor, used.tokenId);
  return 'rotated';
}

/**
 * Returns whether two successors of the same token have both been used. The grace period gives a successor to each of
 * two tabs, but a browser keeps only the last one: if both are used, two parties hold the session, and one of them is
 * a thief.
 */
async function isForked({ sql, tables }: IdentityDatabase, sessionId: string): Promise<boolean> {
  const forks = await sql.$queryRaw`
    SELECT 1 AS fork FROM ${tables.refreshTokens}
    WHERE session_id = ${sessionId}::uuid AND used_at IS NOT NULL AND parent_id IS NOT NULL
    GROUP BY parent_id HAVING count(*) > 1 LIMIT 1`;
  return z.array(z.unknown()).parse(forks).length > 0;
}

/** One session, or all of an account, optionally except one. */
export type RevokedSessions =
  | { readonly sessionId: string; readonly accountId: string }
  | { readonly accountId: string; readonly exceptSessionId?: string };

/** Ends sessions. @returns the ids of the sessions that this call has ended. */
export async function revokeSessions(
  { sql, tables }: IdentityDatabase,
  which: RevokedSessions,
  reason: RevocationReason,
): Promise<string[]> {
  const rows = await ('sessionId' in which
    ? sql.$queryRaw`
        UPDATE ${tables.sessions} SET revoked_at = now(), revoked_reason = ${reason}
        WHERE id = ${which.sessionId}::uuid AND account_id = ${which.accountId}::uuid
          AND revoked_at IS NULL AND expires_at > now()
        RETURNING id::text`
    : sql.$queryRaw`
        UPDATE ${tables.sessions} SET revoked_at = now(), revoked_reason = ${reason}
        WHERE id IN (
          -- In one order, so that two who end the same sessions do not wait for each other.
          SELECT id FROM ${tables.sessions}
          WHERE account_id = ${which.accountId}::uuid AND id IS DISTINCT FROM ${which.exceptSessionId ?? null}::uuid
            AND revoked_at IS NULL AND expires_at > now()
          ORDER BY id FOR UPDATE
        )
        RETURNING id::text`);
  return idsOf(rows);
}

function idsOf(rows: unknown): string[] {
  return z
    .array(z.object({ id: z.uuid() }))
    .parse(rows)
    .map(({ id }) => id);
}

const sessionRowsSchema = z.array(
  z.object({
    id: z.uuid(),
    created_at: z.date(),
    last_used_at: z.date(),
    expires_at: z.date(),
    user_agent: z.string().nullable(),
    address: z.string().nullable(),
  }),
);

/**
 * Returns the id of the session's account; null when the session has ended. In SQL, because the database's clock
 * decides: the process's may be off.
 */
export async function findSessionOwner(
  { sql, tables }: IdentityDatabase,
  sessionId: string,
): Promise<string | null> {
  const rows = await sql.$queryRaw`
    SELECT account_id::text AS id FROM ${tables.sessions}
    WHERE id = ${sessionId}::uuid AND revoked_at IS NULL AND expires_at > now()`;
  return idsOf(rows)[0] ?? null;
}

/** An account's sessions that go on, the last used first. */
export function listSessions(identity: IdentityDatabase, accountId: string): Promise<OpenSession[]> {
  return openSessions(identity, Prisma.sql`account_id = ${accountId}::uuid`);
}

/** One session; null when it has ended. */
export async function findOpenSession(
  identity: IdentityDatabase,
  sessionId: string,
): Promise<OpenSession | null> {
  const [session] = await openSessions(identity, Prisma.sql`id = ${sessionId}::uuid`);
  return session ?? null;
}

async function openSessions(
  { sql, tables }: IdentityDatabase,
  condition: Prisma.Sql,
): Promise<OpenSession[]> {
  const rows = await sql.$queryRaw`
    SELECT id::text, created_at, last_used_at, expires_at, user_agent, address FROM ${tables.sessions}
    WHERE ${condition} AND revoked_at IS NULL AND expires_at > now()
    ORDER BY last_used_at DESC, id LIMIT ${maximumOpenSessions}`;
  return sessionRowsSchema.parse(rows).map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    userAgent: row.user_agent,
    address: row.address,
  }));
}

async function storeRefreshToken(
  { sql, tables }: IdentityDatabase,
  sessionId: string,
  token: IssuedRefreshToken,
  parentId: string | null,
): Promise<void> {
  await sql.$executeRaw`
    INSERT INTO ${tables.refreshTokens} (id, session_id, parent_id, token_hash, expires_at)
    VALUES (${token.tokenId}::uuid, ${sessionId}::uuid, ${parentId}::uuid, ${hashRefreshToken(token.refreshToken)}, ${expiryOf(token)})`;
}

/** The expiry by the database's clock, which all processes share. */
function expiryOf({ lifetimeSeconds }: IssuedRefreshToken): Prisma.Sql {
  return Prisma.sql`now() + make_interval(secs => ${lifetimeSeconds})`;
}
