import { managersRealm } from '../auth/sessions/live-sessions.ts';
import type { ClaimedSession, RefreshClaims } from '../auth/token-claims.ts';
import { message, TokenExpiredError, UnauthenticatedError } from '../errors/index.ts';
import type { SignInRequest } from './sign-in-request.ts';

/** The arguments with which a request names its refresh token. */
export interface TokenArguments {
  readonly refreshToken: string | null;
  /** The key in its canonical form; null when no tenant is named. */
  readonly tenantKey: string | null;
}

/** The refresh token of a request, with a valid signature and valid claims. */
export interface PresentedToken {
  readonly token: string;
  readonly claims: RefreshClaims;
  /** True when the browser sent it as a cookie, rather than the page as an argument. */
  readonly fromCookie: boolean;
  /** Runs `work` with it. When it is refused for good, the browser is told to drop the cookie rather than resend it. */
  use<T>(work: () => Promise<T>): Promise<T>;
}

/** The realm of the tenant that a request names; the managers' if it names none. */
export function namedRealm(tenantKey: string | null): string {
  return tenantKey ?? managersRealm;
}

/**
 * Reads the refresh token of the request: the argument, or the cookie of the realm that it names. A page can only use
 * its own session: somebody who has signed in meanwhile in another tab has replaced the cookie, but not the session.
 * @throws {UnauthenticatedError} when there is none, when it is invalid, when it belongs to another realm than the one
 * named or, from the cookie, to another session than the access token. The last leaves the cookie as it is.
 * @throws {TokenExpiredError} when it has expired.
 */
export async function presentToken(
  request: SignInRequest,
  { refreshToken, tenantKey }: TokenArguments,
): Promise<PresentedToken> {
  const { refreshCookies, sessions } = request;
  const realm = namedRealm(tenantKey);
  const fromCookie = refreshToken === null;
  if (fromCookie) assertPageHas(request, refreshCookies.claimed(realm), realm);
  const token = refreshToken ?? refreshCookies.read(realm);
  if (token === null) throw new UnauthenticatedError(message('auth.refreshTokenMissing'));

  async function use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const forGood = error instanceof UnauthenticatedError || error instanceof TokenExpiredError;
      if (fromCookie && forGood) {
        refreshCookies.clear(realm);
        trimCookies(request);
      }
      throw error;
    }
  }

  const claims = await use(async () => {
    const verified = await sessions.verifier.verifyRefreshToken(token);
    const isNamed = fromCookie || tenantKey !== null;
    if (isNamed && namedRealm(verified.tenant_key) !== realm) throw otherSession();
    return verified;
  });
  return { token, claims, fromCookie, use };
}

/** @throws {UnauthenticatedError} when the access token is of another realm, or of another session than the cookie. */
function assertPageHas(
  { claimedSession }: SignInRequest,
  inCookie: ClaimedSession | null,
  realm: string,
): void {
  if (claimedSession === null) return;
  const isOther = inCookie !== null && inCookie.sessionId !== claimedSession.sessionId;
  if (isOther || claimedSession.realm !== realm) throw otherSession();
}

/** The error for a session other than the page's. */
export function otherSession(): UnauthenticatedError {
  return new UnauthenticatedError(message('auth.otherSession'));
}

/**
 * Clears the realm's cookie when its session has ended, or when it can't be read. The cookie of somebody who has
 * signed in meanwhile stays.
 */
export function forgetCookie(
  request: SignInRequest,
  realm: string,
  hasEnded: (session: ClaimedSession) => boolean,
): void {
  const { refreshCookies } = request;
  const claimed = refreshCookies.claimed(realm);
  if (claimed === null || hasEnded(claimed)) refreshCookies.clear(realm);
  trimCookies(request);
}

/**
 * Removes the cookies that the browser has no room for. Each answer that sets or clears one does so: sign-ins at the
 * same moment may have left too many, and a proxy that refuses them would keep their browser out.
 */
export function trimCookies({ refreshCookies, deviceCookies }: SignInRequest): void {
  refreshCookies.trim();
  deviceCookies.trim();
}
