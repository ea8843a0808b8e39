import { type Account, findAccount, forgetDevices } from '../auth/sessions/accounts.ts';
import { rotateRefreshToken } from '../auth/sessions/sessions.ts';
import type { RefreshClaims } from '../auth/token-claims.ts';
import type { Actor } from '../auth/viewer.ts';
import {
  InvalidCredentialsError,
  message,
  NotFoundError,
  UnauthenticatedError,
  ValidationFailedError,
} from '../errors/index.ts';
import type { Realm } from './realm.ts';
import {
  checkPassword,
  type SignedIn,
  type SignInTools,
  signedInWith,
  startSession,
  viewerOf,
} from './sign-in.ts';

/**
 * Exchanges a refresh token for new tokens with the rights that the account has now. When the token was used
 * before, the whole session ends: two hold it, and nobody can tell who is the thief.
 * @throws {UnauthenticatedError} when the session has ended or is ended by this, or the account may not sign in.
 */
export async function refreshSession(
  realm: Realm,
  claims: RefreshClaims,
  refreshToken: string,
  tools: SignInTools,
): Promise<SignedIn> {
  const successor = await tools.issuer.issueRefreshToken({
    userId: claims.sub,
    tenantKey: realm.tenantKey,
    sessionId: claims.sid,
  });
  const viewer = await realm.transaction(async (transaction) => {
    const { identity, record, revokeSessions } = transaction;
    const outcome = await rotateRefreshToken(
      identity,
      { refreshToken, tokenId: claims.jti, sessionId: claims.sid, accountId: claims.sub },
      successor,
    );
    if (outcome === 'unknown') throw new UnauthenticatedError(message('auth.sessionEnded'));
    if (outcome === 'reused') {
      await revokeSessions({ sessionId: claims.sid, accountId: claims.sub }, 'reuse');
      await record(
        { viewer: null, requestId: tools.requestId, address: tools.origin.address },
        { action: 'session.reuse', entityId: claims.sid },
      );
      return null;
    }
    const account = await findAccount(identity, { id: claims.sub });
    if (!account?.isActive) throw new UnauthenticatedError(message('auth.sessionEnded'));
    return viewerOf(realm, transaction, account, claims.sid);
  });
  // After the transaction, because the refusal must not undo the end of the session.
  if (viewer === null) throw new UnauthenticatedError(message('auth.sessionEnded'));
  return signedInWith(viewer, successor, tools.issuer);
}

/** Ends the session that a refresh token belongs to; one that has ended stays so. */
export async function endSessionOfToken(
  realm: Realm,
  claims: RefreshClaims,
  tools: SignInTools,
): Promise<void> {
  await realm.transaction(async ({ record, revokeSessions }) => {
    const ended = await revokeSessions({ sessionId: claims.sid, accountId: claims.sub }, 'logout');
    for (const entityId of ended) {
      await record(
        { viewer: null, requestId: tools.requestId, address: tools.origin.address },
        { action: 'session.end', entityId },
      );
    }
  });
}

/** Ends the viewer's own session. */
export async function endOwnSession(realm: Realm, actor: Actor): Promise<void> {
  const { sessionId, userId } = actor.viewer;
  await realm.transaction(async ({ record, revokeSessions }) => {
    for (const entityId of await revokeSessions({ sessionId, accountId: userId }, 'logout')) {
      await record(actor, { action: 'session.end', entityId });
    }
  });
}

/** Ends all of an account's sessions, and makes every device unknown to it. @returns the number of ended sessions. */
export async function endAllSessions(realm: Realm, actor: Actor, accountId: string): Promise<number> {
  return realm.transaction(async ({ identity, record, revokeSessions }) => {
    // The account before its sessions, as signing in locks them: otherwise the two could wait for each other.
    await forgetDevices(identity, accountId);
    const ended = await revokeSessions(
      { accountId },
      accountId === actor.viewer.userId ? 'logout' : 'revoked',
    );
    for (const entityId of ended) {
      await record(actor, { action: 'session.end', entityId });
    }
    return ended.length;
  });
}

/**
 * Ends one of an account's sessions.
 * @throws {NotFoundError} when the account has no such live session.
 */
export async function endSession(
  realm: Realm,
  actor: Actor,
  accountId: string,
  sessionId: string,
): Promise<void> {
  await realm.transaction(async ({ record, revokeSessions }) => {
    const [ended] = await revokeSessions({ sessionId, accountId }, 'revoked');
    if (ended === undefined) throw new NotFoundError('Session');
    await record(actor, { action: 'session.end', entityId: ended });
  });
}

/**
 * Changes the viewer's own password. Every session ends, whoever holds it, and a new one begins.
 * @param deviceOf returns the device's id if the account has signed in from it before.
 * @throws {ValidationFailedError} when the current password is wrong, or the new one not good enough or used lately.
 */
export async function changeOwnPassword(
  realm: Realm,
  actor: Actor,
  input: { readonly currentPassword: string; readonly newPassword: string },
  deviceOf: (account: Account) => string | undefined,
  tools: SignInTools,
): Promise<SignedIn> {
  const account = await findAccount(realm.identity, { id: actor.viewer.userId });
  if (!account?.isActive) throw new UnauthenticatedError(message('auth.sessionEnded'));
  // Guesses count here too: a stolen access token must not become a way to try passwords without end.
  const source = { kind: 'session', id: actor.viewer.sessionId } as const;
  if (!(await checkPassword(realm, account, input.currentPassword, source, tools))) {
    throw new ValidationFailedError([
      { path: ['input', 'currentPassword'], message: message('password.wrong') },
    ]);
  }
  return startSession(realm, account, input.newPassword, tools, deviceOf(account)).catch((error: unknown) => {
    // Another change of the account came first, and has ended this session.
    throw error instanceof InvalidCredentialsError
      ? new UnauthenticatedError(message('auth.sessionEnded'), { cause: error })
      : error;
  });
}
