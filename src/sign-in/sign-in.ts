import { randomUUID } from 'node:crypto';
import type { AuditActor } from '../audit/audit-entry.ts';
import { awaitAdmission } from '../auth/await-admission.ts';
import type { DeviceTokens, IssuedDeviceToken } from '../auth/devices/device-tokens.ts';
import type { AttemptOutcome, LockoutRules } from '../auth/lockout.ts';
import { passwordSchema } from '../auth/password.ts';
import type { Passwords } from '../auth/password-queue.ts';
import { type AttemptSource, beginAttempt, endAttempt } from '../auth/sessions/account-attempts.ts';
import { type Account, findTypedAccount, recordSignIn } from '../auth/sessions/accounts.ts';
import { storePassword, wasUsedLately } from '../auth/sessions/password-changes.ts';
import type { SessionOrigin } from '../auth/sessions/sessions.ts';
import type { TokenIssuer } from '../auth/token-issuer.ts';
import type { Viewer } from '../auth/viewer.ts';
import {
  InvalidCredentialsError,
  message,
  PasswordChangeRequiredError,
  parseInput,
  TenantBusyError,
  ValidationFailedError,
} from '../errors/index.ts';
import type { Realm, RealmTransaction } from './realm.ts';

/** The dependencies of a sign-in, besides the realm. */
export interface SignInTools {
  readonly issuer: TokenIssuer;
  readonly deviceTokens: DeviceTokens;
  readonly rules: LockoutRules;
  readonly passwords: Passwords;
  readonly origin: SessionOrigin;
  readonly requestId: string;
}

/** The viewer who has signed in or refreshed, and their tokens. */
export interface SignedIn {
  readonly viewer: Viewer;
  readonly accessToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
  /** Proves from now on that the account has signed in from this device; null after a refresh. */
  readonly device: IssuedDeviceToken | null;
}

/** The username and password of a sign-in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Finds the account that is named; null when there is none, or no such tenant, or the password is empty. */
export async function findCandidate(realm: Realm | null, credentials: Credentials): Promise<Account | null> {
  return realm && credentials.password !== '' ? findTypedAccount(realm.identity, credentials.username) : null;
}

/**
 * Admits an account if the password is right and the account may sign in.
 * @throws {InvalidCredentialsError} for every reason alike, after the work that a wrong password takes.
 */
export async function verifyCandidate(
  realm: Realm | null,
  account: Account | null,
  password: string,
  source: AttemptSource,
  tools: SignInTools,
): Promise<{ readonly realm: Realm; readonly account: Account }> {
  if (!realm || !account) {
    await tools.passwords.verifyAgainstNothing(password).catch((error: unknown) => {
      // All tenants that don't exist share one turn: that it is busy would tell them from others.
      if (realm || !(error instanceof TenantBusyError)) throw error;
    });
    throw new InvalidCredentialsError();
  }
  if (!(await checkPassword(realm, account, password, source, tools))) throw new InvalidCredentialsError();
  return { realm, account };
}

/** Simultaneous attempts on one account wait for each other; those that don't get their turn have to try again. */
const busyRetrySeconds = 1;

/**
 * Checks that the password is the account's, and valid for signing in. The attempt is counted when its outcome is
 * known; until then it is under way, so that parallel guesses get no further than sequential ones. While the account
 * is locked to the source, no password is right.
 * @throws {TenantBusyError} when attempts under way leave no room for it in time.
 */
export async function checkPassword(
  realm: Realm,
  account: Account,
  password: string,
  source: AttemptSource,
  tools: SignInTools,
): Promise<boolean> {
  const { rules, passwords } = tools;
  // No connection is held while the password is hashed.
  const admission = await awaitAdmission(() =>
    realm.transaction(({ identity }) => beginAttempt(identity, account.id, source, rules)),
  );
  if (admission.kind === 'wait') throw new TenantBusyError(busyRetrySeconds);
  if (admission.kind === 'locked') return passwords.verifyAgainstNothing(password);
  let outcome: AttemptOutcome = 'unknown';
  try {
    const verified = await passwords.verify(account.passwordHash, password);
    outcome = verified && account.isActive && !account.passwordExpired ? 'success' : 'failure';
  } finally {
    await realm.transaction(async ({ identity, record }) => {
      for (const lock of await endAttempt(identity, admission.attempt, rules, outcome)) {
        await record(
          { viewer: null, requestId: tools.requestId, address: tools.origin.address },
          {
            action: 'account.lock',
            entityId: account.id,
            changes: {
              lockCount: { before: lock.lockCount - 1, after: lock.lockCount },
              lockedOut: { before: null, after: lock.lockedOut },
            },
          },
        );
      }
    });
  }
  return outcome === 'success';
}

/**
 * Begins a session for an account whose password has been verified.
 * @param newPassword replaces the password on the way, and ends every session that the account has; a one-time
 * one must be replaced.
 * @param deviceId the device's id, if the account has signed in from it before.
 * @throws {PasswordChangeRequiredError} when the password was good for one sign-in and no new one is given.
 * @throws {ValidationFailedError} when the new password is not good enough, or was used lately.
 * @throws {InvalidCredentialsError} when the account was changed in the meantime.
 */
export async function startSession(
  realm: Realm,
  account: Account,
  newPassword: string | null,
  tools: SignInTools,
  deviceId: string = randomUUID(),
): Promise<SignedIn> {
  if (account.mustChangePassword && newPassword === null) throw new PasswordChangeRequiredError();
  const newHash =
    newPassword === null
      ? null
      : await hashNewPassword(realm, account, newPassword, ['input', 'newPassword'], tools.passwords);
  const sessionId = randomUUID();
  const refresh = await tools.issuer.issueRefreshToken({
    userId: account.id,
    tenantKey: realm.tenantKey,
    sessionId,
  });
  const { viewer, generation } = await realm.transaction(async (transaction) => {
    const { identity, record, beginSession, revokeSessions } = transaction;
    if (newHash !== null) {
      const stored = await storePassword(identity, account, { passwordHash: newHash, oneTimeUntil: null });
      if (!stored) throw new InvalidCredentialsError();
      await revokeSessions({ accountId: account.id }, 'password');
    }
    // The row is locked from here on: a change of the password either has been seen, or will see this session.
    const current = { ...account, passwordHash: newHash ?? account.passwordHash };
    const deviceGeneration = await recordSignIn(identity, current);
    if (deviceGeneration === null) throw new InvalidCredentialsError();
    const pushedOut = await beginSession({ id: sessionId, accountId: account.id }, refresh, tools.origin);
    const signedIn = await viewerOf(realm, transaction, account, sessionId);
    const actor = actorOf(signedIn, tools);
    for (const entityId of pushedOut) {
      await record(actor, { action: 'session.end', entityId });
    }
    if (newHash !== null) {
      await record(actor, {
        action: 'account.change_password',
        entityId: account.id,
      });
    }
    await record(actor, { action: 'session.begin', entityId: sessionId });
    return { viewer: signedIn, generation: deviceGeneration };
  });
  const device = await tools.deviceTokens.issue({
    id: deviceId,
    accountId: account.id,
    tenantKey: realm.tenantKey,
    generation,
  });
  return { ...(await signedInWith(viewer, refresh, tools.issuer)), device };
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
    device: null,
  };
}

/** Somebody who is signing in, as the audit log names them. */
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
  passwords: Passwords,
): Promise<string> {
  const chosen = parseInput(passwordSchema, password, path);
  if (await wasUsedLately(realm.identity, account, chosen, passwords)) {
    throw new ValidationFailedError([{ path, message: message('password.used') }]);
  }
  return passwords.hash(chosen);
}
