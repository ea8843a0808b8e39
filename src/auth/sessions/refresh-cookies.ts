import type { ClaimedSession } from '../token-claims.ts';

/**
 * The refresh tokens as a browser keeps them for SPAs: one for each realm, in cookies that scripts can't read. A realm
 * is a tenant's key, or the managers' one, as live sessions are kept by.
 */
export interface RefreshCookies {
  /** @throws {ForbiddenError} when the request does not come from a page that may use the cookies. */
  assertAllowedPage(): void;
  /** Whether the browser has sent a token along for the realm. */
  isPresent(realm: string): boolean;
  /** Whose session that token claims to be for, unverified; null when there is none, or it can't be read. */
  claimed(realm: string): ClaimedSession | null;
  /**
   * The token that the browser has sent along for the realm; null when there is none.
   * @throws as {@link RefreshCookies.assertAllowedPage}.
   */
  read(realm: string): string | null;
  /**
   * Has the browser keep the token for the realm until it expires, in place of the one before.
   * @throws as {@link RefreshCookies.assertAllowedPage}.
   */
  keep(realm: string, refreshToken: string, expiresAt: Date): void;
  /** Has the browser forget the realm's token, if it has sent one. */
  clear(realm: string): void;
}
