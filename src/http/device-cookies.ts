import { createHash } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { DeviceCookies } from '../auth/devices/device-cookies.ts';

/** See refresh-cookies.ts. */
const prefix = '__Secure-cxg_device_';
const attributes = { path: '/graphql', httpOnly: true, secure: true, sameSite: 'strict' } as const;

/** A browser that more people share forgets those who signed in first: all headers together are limited to 16 kB. */
const maximumAccounts = 8;

/** The device cookies of a request, and the changes to them that the response makes. */
export interface RequestDeviceCookies extends DeviceCookies {
  /** The `Set-Cookie` headers of the response. */
  setCookies(): readonly string[];
}

/** Creates the device cookies of one request. */
export function createDeviceCookies(headers: Headers): RequestDeviceCookies {
  const sent = Object.entries(parseCookie(headers.get('cookie') ?? '')).flatMap(([name, token]) =>
    name.startsWith(prefix) && token ? [{ name, token }] : [],
  );
  let setCookies: readonly string[] = [];
  return {
    read: () => sent.slice(-maximumAccounts).map(({ token }) => token),
    keep({ tenantKey, accountId }, { token, expiresAt }) {
      const name = `${prefix}${createHash('sha256')
        .update(`${tenantKey ?? ''}\0${accountId}`)
        .digest('hex')
        .slice(0, 16)}`;
      const others = sent.filter((cookie) => cookie.name !== name);
      // Browsers send cookies of the same path in order of creation (RFC 6265, section 5.4).
      const surplus = others.slice(0, Math.max(0, others.length - (maximumAccounts - 1)));
      setCookies = [
        stringifySetCookie({ name, value: token, expires: expiresAt, ...attributes }),
        ...surplus.map((cookie) =>
          stringifySetCookie({ name: cookie.name, value: '', maxAge: 0, ...attributes }),
        ),
      ];
    },
    setCookies: () => setCookies,
  };
}
