/**
 * The maximum number of bytes in a request's `Cookie` header for each kind of our cookies. nginx and other proxies
 * refuse a header of more than 8 kB by default (large_client_header_buffers), and a browser that sends one can neither
 * sign in nor out. The rest is left for the other cookies of the host.
 */
export const cookieBudgets = { refresh: 4_864, device: 2_944 } as const;

/**
 * The number of sign-ins that a browser may begin at the same moment, such as those of restored tabs: each answer adds
 * a cookie without knowing of the others.
 */
const signInsAtOnce = 3;

/** A cookie of a request. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/** The bytes of "name=value; ". */
const bytesOf = ({ name, value }: CookiePair) => name.length + value.length + 3;

/**
 * Returns the cookies that don't fit a budget, from which room is reserved for further cookies like the first one that
 * may be set at the same moment.
 * @param cookies by priority; the first one is kept whatever its size.
 * @returns the names of the first cookie that doesn't fit and of all that follow.
 */
export function namesBeyond(budget: number, cookies: readonly CookiePair[]): string[] {
  const [wanted] = cookies;
  if (!wanted) return [];
  const room = budget - (signInsAtOnce - 1) * bytesOf(wanted);
  let bytes = 0;
  const first = cookies.findIndex((cookie, index) => {
    bytes += bytesOf(cookie);
    return bytes > room && index > 0;
  });
  return first === -1 ? [] : cookies.slice(first).map(({ name }) => name);
}
