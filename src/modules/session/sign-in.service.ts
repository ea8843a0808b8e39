import { randomUUID } from 'node:crypto';
import type { LockoutPolicy } from '../../auth/lockout.ts';
import { hashPassword, passwordSchema, verifyAgainstNothing, verifyPassword } from '../../auth/password.ts';
import {
  type Account,
  clearFailures,
  countAttempt,
  findAccount,
  recordSignIn,
} from '../../auth/sessions/accounts.ts';
import { storePassword, wasUsedLately } from '../../auth/sessions/password-changes.ts';
import type { SessionOrigin } from '../../auth/sessions/sessions.ts';
import type { TokenIssuer } from '../../auth/token-issuer.ts';
import { usernamesOf } from '../../auth/usernames.ts';
import type { Viewer } from '../../auth/viewer.ts';
import {
  InvalidCredentialsError,
  message,
  PasswordChangeRequiredError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { AuditActor } from '../audit/audit.service.ts';
import type { Realm, RealmTransaction } from './realm.service.ts';

/** What a sign-in needs besides the realm. */
export interface SignInTools {
  readonly issuer: TokenIssuer;
  readonly lockout: LockoutPolicy;
  readonly origin: SessionOrigin;
  readonly requestId: string;
}

/** Who has signed in or refreshed, and the tokens for it. */
export interface SignedIn {
  readonly viewer: Viewer;
  readonly accessToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
}

/** What somebody brings to sign in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Checks a username and password.
 * @param realm null when there is no such tenant.
 * @throws {InvalidCredentialsError} for every reason alike, after the work that a wrong password takes.
 */
export async function verifyCredentials(
  realm: Realm | null,
  credentials: Credentials,
  tools: SignInTools,
): Promise<Account> {
  const account = realm && credentials.password !== '' ? await findByName(realm, credentials.username) : null;
  if (!realm || !account) {
    await verifyAgainstNothing(credentials.password);
    throw new InvalidCredentialsError();
  }
  const verified = await checkPassword(realm, account, credentials.password, tools);
  if (!verified || !account.isActive || account.passwordExpired) throw new InvalidCredentialsError();
  await clearFailures(realm.identity, account.id);
  return account;
}

/** The account that is meant by a username as somebody types it. */
async function findByName({ identity }: Realm, typed: string): Promise<Account | null> {
  for (const username of usernamesOf(typed)) {
    const account = await findAccount(identity, { username });
    if (account) return account;
  }
  return null;
}

/**
 * Whether the password is the account's. The attempt counts as a failure until {@link clearFailures}; the one that
 * locks the account is recorded. While it is locked, no password is right.
 */
export async function checkPassword(
  realm: Realm,
  account: Account,
  password: string,
  { lockout, origin, requestId }: SignInTools,
): Promise<boolean> {
  const attempt = await countAttempt(realm.identity, account.id, lockout);
  const verified = attempt.allowed
    ? await verifyPassword(account.passwordHash, password)
    : await verifyAgainstNothing(password);
  if (!verified && attempt.locked > 0) {
    await realm.transaction(({ record }) =>
      record(
        { viewer: null, requestId, address: origin.address },
        {
          action: 'account.lock',
          entityType: realm.accountType,
          entityId: account.id,
          changes: { lockCount: { before: attempt.locked - 1, after: attempt.locked } },
        },
      ),
    );
  }
  return verified;
}

/**
 * Begins a session for an account whose password has been verified.
 * @param newPassword replaces the password on the way, and ends every session that the account has; a temporary
 * one must be replaced.
 * @throws {PasswordChangeRequiredError} when the password was good for one sign-in and no new one is given.
 * @throws {ValidationFailedError} when the new password is not good enough, or was used lately.
 * @throws {InvalidCredentialsError} when the account was changed in the meantime.
 */
export async function startSession(
  realm: Realm,
  account: Account,
  newPassword: string | null,
  tools: SignInTools,
): Promise<SignedIn> {
  if (account.mustChangePassword && newPassword === null) throw new PasswordChangeRequiredError();
  const newHash =
    newPassword === null
      ? null
      : await hashNewPassword(realm, account, newPassword, ['input', 'newPassword']);
  const sessionId = randomUUID();
  const refresh = await tools.issuer.issueRefreshToken({
    userId: account.id,
    tenantKey: realm.tenantKey,
    sessionId,
  });
  const viewer = await realm.transaction(async (transaction) => {
    const { identity, record, beginSession, revokeSessions } = transaction;
    if (newHash !== null) {
      const stored = await storePassword(identity, account, { passwordHash: newHash, temporaryUntil: null });
      if (!stored) throw new InvalidCredentialsError();
      await revokeSessions({ accountId: account.id }, 'password');
    }
    // The row is locked from here on: a change of the password either has been seen, or will see this session.
    const current = { ...account, passwordHash: newHash ?? account.passwordHash };
    if (!(await recordSignIn(identity, current))) throw new InvalidCredentialsError();
    const pushedOut = await beginSession({ id: sessionId, accountId: account.id }, refresh, tools.origin);
    const signedIn = await viewerOf(realm, transaction, account, sessionId);
    const actor = actorOf(signedIn, tools);
    for (const entityId of pushedOut) {
      await record(actor, { action: 'session.end', entityType: 'Session', entityId });
    }
    if (newHash !== null) {
      await record(actor, {
        action: 'account.change_password',
        entityType: realm.accountType,
        entityId: account.id,
      });
    }
    await record(actor, { action: 'session.begin', entityType: 'Session', entityId: sessionId });
    return signedIn;
  });
  return signedInWith(viewer, refresh, tools.issuer);
}

/** The viewer of a session, with the rights that the account has now. */
export async function viewerOf(
  realm: Realm,
  transaction: RealmTransaction,
  account: Pick<Account, 'id' | 'username'>,
  sessionId: string,
): Promise<Viewer> {
  const rights = await transaction.rightsOf(account.id);
  return {
    userId: account.id,
    username: account.username,
    tenantKey: realm.tenantKey,
    sessionId,
    ...rights,
  };
}

/** Completes a session's refresh token with an access token. */
export async function signedInWith(
  viewer: Viewer,
  refresh: { readonly refreshToken: string; readonly expiresAt: Date },
  issuer: TokenIssuer,
): Promise<SignedIn> {
  const { accessToken, expiresIn } = await issuer.issueAccessToken(viewer);
  return {
    viewer,
    accessToken,
    expiresIn,
    refreshToken: refresh.refreshToken,
    refreshTokenExpiresAt: refresh.expiresAt,
  };
}

/** What the audit log is told of somebody who is signing in. */
function actorOf(viewer: Viewer, { origin, requestId }: SignInTools): AuditActor {
  return { viewer, requestId, address: origin.address };
}

/**
 * Hashes a password that the account is to have.
 * @throws {ValidationFailedError} when it is not good enough, or was used lately.
 */
async function hashNewPassword(
  realm: Realm,
  account: Pick<Account, 'id' | 'passwordHash'>,
  password: string,
  path: readonly string[],
): Promise<string> {
  const chosen = parseInput(passwordSchema, password, path);
  if (await wasUsedLately(realm.identity, account, chosen)) {
    throw new ValidationFailedError([{ path, message: message('password.used') }]);
  }
  return hashPassword(chosen);
}
