import { managersRealm } from '../../auth/sessions/live-sessions.ts';
import type { ClaimedSession, RefreshClaims } from '../../auth/token-claims.ts';
import { message, TokenExpiredError, UnauthenticatedError } from '../../errors/index.ts';
import type { Context } from '../../graphql/context.ts';
import { typedTenantKeySchema } from '../../tenancy/tenant-key.ts';

/** What a request brings to name its refresh token. */
export interface TokenArguments {
  readonly refreshToken?: string | null | undefined;
  readonly tenantKey?: string | null | undefined;
}

/** The refresh token of a request, whose signature and claims are good. */
export interface PresentedToken {
  readonly token: string;
  readonly claims: RefreshClaims;
  /** Whether the browser has sent it along, rather than the page. */
  readonly fromCookie: boolean;
  /** Uses it; has the browser forget a cookie that is refused for good, rather than send it again and again. */
  use<T>(work: () => Promise<T>): Promise<T>;
}

/** The realm that a request names by a tenant's key, or by none for the managers'. */
export function namedRealm(tenantKey: string | null | undefined): string {
  return tenantKey == null ? managersRealm : typedTenantKeySchema.parse(tenantKey);
}

/**
 * The refresh token that the request brings: the argument, or the cookie of the realm that it names. A page can only
 * use the session that it has: who else has signed in meanwhile, in another tab, has replaced the cookie and not it.
 * @throws {UnauthenticatedError} when there is none, when it is not good, when it is of another realm than the one named
 * or, from the cookie, of another session than the access token. The latter leaves the cookie as it is.
 * @throws {TokenExpiredError} when its time is over.
 */
export async function presentToken(
  context: Context,
  { refreshToken, tenantKey }: TokenArguments,
): Promise<PresentedToken> {
  const { refreshCookies, sessions } = context;
  const realm = namedRealm(tenantKey);
  const fromCookie = refreshToken == null;
  if (fromCookie) assertPageHas(context, refreshCookies.claimed(realm), realm);
  const token = refreshToken ?? refreshCookies.read(realm);
  if (token === null) throw new UnauthenticatedError(message('auth.refreshTokenMissing'));

  async function use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const forGood = error instanceof UnauthenticatedError || error instanceof TokenExpiredError;
      if (fromCookie && forGood) refreshCookies.clear(realm);
      throw error;
    }
  }

  const claims = await use(async () => {
    const verified = await sessions.verifier.verifyRefreshToken(token);
    const isNamed = fromCookie || tenantKey != null;
    if (isNamed && namedRealm(verified.tenant_key) !== realm) throw otherSession();
    return verified;
  });
  return { token, claims, fromCookie, use };
}

/** @throws {UnauthenticatedError} when the access token is of another realm, or of another session than the cookie. */
function assertPageHas({ claimedSession }: Context, inCookie: ClaimedSession | null, realm: string): void {
  if (claimedSession === null) return;
  const isOther = inCookie !== null && inCookie.sessionId !== claimedSession.sessionId;
  if (isOther || claimedSession.realm !== realm) throw otherSession();
}

/** Refuses what is another session's than the page's. */
export function otherSession(): UnauthenticatedError {
  return new UnauthenticatedError(message('auth.otherSession'));
}

/**
 * Has the browser forget the realm's cookie when its session has ended, or when it can't be read. It stays when it is
 * of somebody who has signed in meanwhile.
 */
export function forgetCookie(
  { refreshCookies }: Context,
  realm: string,
  hasEnded: (session: ClaimedSession) => boolean,
): void {
  const claimed = refreshCookies.claimed(realm);
  if (claimed === null || hasEnded(claimed)) refreshCookies.clear(realm);
}
