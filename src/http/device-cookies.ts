import { createHash } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { DeviceCookies } from '../auth/devices/device-cookies.ts';
import { type CookiePair, cookieBudgets, namesBeyond } from './cookie-budget.ts';
import type { HeaderReader } from './header-reader.ts';

/** See refresh-cookies.ts. */
const prefix = '__Secure-cxg_device_';
const attributes = { path: '/graphql', httpOnly: true, secure: true, sameSite: 'strict' } as const;

/** Each one costs a signature verification. */
const maximumRead = 8;

/** The device cookies of a request, and the changes that the response makes to them. */
export interface RequestDeviceCookies extends DeviceCookies {
  /** The `Set-Cookie` headers of the response. */
  setCookies(): readonly string[];
}

/** Creates the device cookies of one request. */
export function createDeviceCookies(headers: HeaderReader): RequestDeviceCookies {
  const sent = Object.entries(parseCookie(headers.get('cookie') ?? '')).flatMap(([name, value]) =>
    name.startsWith(prefix) && value ? [{ name, value }] : [],
  );
  let setCookies: readonly string[] = [];

  /** The `Set-Cookie` headers that remove the cookies that don't fit beside `kept`. */
  function removals(kept: CookiePair | null): string[] {
    // Browsers send cookies of the same path in order of creation (RFC 6265, section 5.4): a browser that many people
    // share forgets the earliest sign-ins first.
    const others = sent.filter((cookie) => cookie.name !== kept?.name).reverse();
    return namesBeyond(cookieBudgets.device, kept ? [kept, ...others] : others).map((name) =>
      stringifySetCookie({ name, value: '', maxAge: 0, ...attributes }),
    );
  }

  return {
    read: () => sent.slice(-maximumRead).map(({ value }) => value),
    keep({ tenantKey, accountId }, { token, expiresAt }) {
      const name = `${prefix}${createHash('sha256')
        .update(`${tenantKey ?? ''}\0${accountId}`)
        .digest('hex')
        .slice(0, 16)}`;
      setCookies = [
        stringifySetCookie({ name, value: token, expires: expiresAt, ...attributes }),
        ...removals({ name, value: token }),
      ];
    },
    trim() {
      if (setCookies.length === 0) setCookies = removals(null);
    },
    setCookies: () => setCookies,
  };
}
