import { parseCookie, stringifySetCookie } from 'cookie';
import type { RefreshCookie } from '../auth/sessions/refresh-cookie.ts';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import { ForbiddenError, message } from '../errors/index.ts';

/** `__Secure-` keeps anything but a secure page of this host from setting it (RFC 6265bis, section 4.1.3). */
const name = '__Secure-cxg_refresh';

/** Sent nowhere else, and with no request that another site has caused. */
const attributes = { path: '/graphql', httpOnly: true, secure: true, sameSite: 'strict' } as const;

/** A refresh cookie and what is to be done with it in the answer. */
export interface RequestRefreshCookie extends RefreshCookie {
  /** The `Set-Cookie` header of the answer, or null. */
  setCookie(): string | null;
}

/**
 * Makes the refresh cookie of one request. SameSite keeps the browser from sending it for other sites; checking the
 * page's origin as well keeps other origins of the same site out, and browsers that know no SameSite (OWASP,
 * Cross-Site Request Forgery Prevention). Bodies are JSON only, so no form can send one.
 */
export function createRefreshCookie(headers: Headers, isAllowedOrigin: OriginMatcher): RequestRefreshCookie {
  let setCookie: string | null = null;

  function assertAllowedPage(): void {
    const origin = headers.get('origin');
    const own = headers.get('sec-fetch-site') === 'same-origin';
    if (!own && (origin === null || !isAllowedOrigin(origin))) {
      throw new ForbiddenError(message('auth.crossSite'));
    }
  }

  const sent = parseCookie(headers.get('cookie') ?? '')[name];
  const value = sent === undefined || sent === '' ? null : sent;

  return {
    isPresent: () => value !== null,
    assertAllowedPage,
    read() {
      if (value === null) return null;
      assertAllowedPage();
      return value;
    },
    keep(refreshToken, expiresAt) {
      assertAllowedPage();
      setCookie = stringifySetCookie({ name, value: refreshToken, expires: expiresAt, ...attributes });
    },
    clear() {
      setCookie = stringifySetCookie({ name, value: '', maxAge: 0, ...attributes });
    },
    setCookie: () => setCookie,
  };
}
