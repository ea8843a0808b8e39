import type { ClaimedSession } from '../token-claims.ts';

/**
 * The refresh tokens that a browser keeps for SPAs, one for each realm, in cookies that scripts can't read. A realm
 * is a tenant's key or the managers' realm, as for live sessions.
 */
export interface RefreshCookies {
  /** @throws {ForbiddenError} when the request doesn't come from a page that may use the cookies. */
  assertAllowedPage(): void;
  /** Returns whether the browser sent a token for the realm. */
  isPresent(realm: string): boolean;
  /** Returns the session that the token claims to be for, unverified; null when there is no readable token. */
  claimed(realm: string): ClaimedSession | null;
  /**
   * Returns the token that the browser sent for the realm; null when there is none.
   * @throws as {@link RefreshCookies.assertAllowedPage}.
   */
  read(realm: string): string | null;
  /**
   * Stores the token for the realm in the browser until it expires, in place of the previous one.
   * @throws as {@link RefreshCookies.assertAllowedPage}.
   */
  keep(realm: string, refreshToken: string, expiresAt: Date): void;
  /** Removes the realm's token from the browser, if the browser sent one. */
  clear(realm: string): void;
  /** Removes the tokens from the browser that it has no room for; {@link RefreshCookies.keep} does so, too. */
  trim(): void;
}
