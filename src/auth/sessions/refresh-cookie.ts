/** The refresh token as a browser keeps it for an SPA, in a cookie that its scripts can't read. */
export interface RefreshCookie {
  /** Whether the browser has sent one along. */
  isPresent(): boolean;
  /** @throws {ForbiddenError} when the request does not come from a page that may use the cookie. */
  assertAllowedPage(): void;
  /**
   * The token that the browser has sent along; null when there is none.
   * @throws as {@link RefreshCookie.assertAllowedPage}.
   */
  read(): string | null;
  /** Has the browser keep the token until it expires. @throws as {@link RefreshCookie.assertAllowedPage}. */
  keep(refreshToken: string, expiresAt: Date): void;
  /** Has the browser forget it. */
  clear(): void;
}
