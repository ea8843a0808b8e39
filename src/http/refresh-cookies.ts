import { parseCookie, stringifySetCookie } from 'cookie';
import { managersRealm } from '../auth/sessions/live-sessions.ts';
import type { RefreshCookies } from '../auth/sessions/refresh-cookies.ts';
import { type ClaimedSession, readClaimedSession } from '../auth/token-claims.ts';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import { ForbiddenError, message } from '../errors/index.ts';
import { type CookiePair, cookieBudgets, namesBeyond } from './cookie-budget.ts';
import type { HeaderReader } from './header-reader.ts';

/**
 * The `__Secure-` prefix lets only secure pages set the cookie (RFC 6265bis, section 4.1.3). Without a suffix, this is
 * the name from before each realm had its own: such a cookie belongs to the realm that its token names.
 */
const commonName = '__Secure-cxg_refresh';

/** Tenant keys begin with a letter and contain no hyphen, so no tenant's cookie can have the managers' name. */
const managersName = `${commonName}-managers`;
const tenantName = /^__Secure-cxg_refresh_[a-z][a-z0-9_]*$/;

/** Sent to no other path, and never with cross-site requests. */
const attributes = { path: '/graphql', httpOnly: true, secure: true, sameSite: 'strict' } as const;

/** The refresh cookies of one request, and the changes that the response makes to them. */
export interface RequestRefreshCookies extends RefreshCookies {
  /** The `Set-Cookie` headers of the response. */
  setCookies(): string[];
}

/** A refresh cookie that the browser has sent. */
interface SentCookie {
  readonly value: string;
  readonly claimed: ClaimedSession | null;
}

/**
 * Creates the refresh cookies of one request. SameSite stops browsers from sending them cross-site; checking the page's
 * origin as well keeps out other origins of the same site, and protects browsers without SameSite (OWASP, Cross-Site
 * Request Forgery Prevention). Bodies are JSON only, so no form can send one.
 */
export function createRefreshCookies(
  headers: HeaderReader,
  isAllowedOrigin: OriginMatcher,
): RequestRefreshCookies {
  const sent = readSentCookies(headers.get('cookie') ?? '');
  const answered = new Map<string, string>();

  function assertAllowedPage(): void {
    const origin = headers.get('origin');
    const own = headers.get('sec-fetch-site') === 'same-origin';
    if (!own && (origin === null || !isAllowedOrigin(origin))) {
      throw new ForbiddenError(message('auth.crossSite'));
    }
  }

  /** Returns the names of the cookies sent for the realm, its own before the unsuffixed one. */
  function namesFor(realm: string): string[] {
    const common = sent.get(commonName);
    // An unreadable cookie is useless to every realm, so each realm may replace it.
    const isCommon = common && (common.claimed === null || common.claimed.realm === realm);
    return [nameOf(realm), ...(isCommon ? [commonName] : [])].filter((name) => sent.has(name));
  }

  function find(realm: string): SentCookie | undefined {
    const [name] = namesFor(realm);
    return name === undefined ? undefined : sent.get(name);
  }

  const forget = (name: string) =>
    answered.set(name, stringifySetCookie({ name, value: '', maxAge: 0, ...attributes }));

  /** Removes excess cookies, so that the header stays within what proxies accept. */
  function forgetSurplus(kept: CookiePair | null): void {
    const others = new Map([...sent].filter(([name]) => name !== kept?.name && !answered.has(name)));
    for (const surplus of surplusNames(others, kept)) forget(surplus);
  }

  return {
    assertAllowedPage,
    isPresent: (realm) => find(realm) !== undefined,
    claimed: (realm) => find(realm)?.claimed ?? null,
    read(realm) {
      const cookie = find(realm);
      if (!cookie) return null;
      assertAllowedPage();
      return cookie.value;
    },
    keep(realm, refreshToken, expiresAt) {
      assertAllowedPage();
      const name = nameOf(realm);
      for (const replaced of namesFor(realm)) forget(replaced);
      forgetSurplus({ name, value: refreshToken });
      answered.set(
        name,
        stringifySetCookie({ name, value: refreshToken, expires: expiresAt, ...attributes }),
      );
    },
    clear(realm) {
      for (const name of namesFor(realm)) forget(name);
    },
    trim: () => forgetSurplus(null),
    setCookies: () => [...answered.values()],
  };
}

function nameOf(realm: string): string {
  return realm === managersRealm ? managersName : `${commonName}_${realm}`;
}

function readSentCookies(header: string): ReadonlyMap<string, SentCookie> {
  const cookies = new Map<string, SentCookie>();
  for (const [name, value] of Object.entries(parseCookie(header))) {
    if (name !== commonName && name !== managersName && !tenantName.test(name)) continue;
    if (value) cookies.set(name, { value, claimed: readClaimedSession(value) });
  }
  return cookies;
}

/**
 * The cookies to remove: useless ones, and the least recently used ones that don't fit.
 * @param kept the cookie that the answer sets, which is not among the others.
 */
function surplusNames(others: ReadonlyMap<string, SentCookie>, kept: CookiePair | null): string[] {
  const useless: string[] = [];
  const useful: (CookiePair & { usedAt: number })[] = [];
  for (const [name, { value, claimed }] of others) {
    // A session gets a new refresh token each time it is used, so the newest token is the most recently used.
    if (claimed && claimed.expiresAt > Date.now()) useful.push({ name, value, usedAt: claimed.issuedAt });
    else useless.push(name);
  }
  useful.sort((one, other) => other.usedAt - one.usedAt);
  return [...useless, ...namesBeyond(cookieBudgets.refresh, [...(kept ? [kept] : []), ...useful])];
}
