/**
 * Most bytes of a request's `Cookie` header for each kind of cookie of ours. nginx and other proxies refuse a header of
 * more than 8 kB by default (large_client_header_buffers), and a browser with such a jar can neither sign in nor out.
 * The rest is for the cookies of the page's own host.
 */
export const cookieBudgets = { refresh: 4_864, device: 2_944 } as const;

/**
 * The sign-ins that a browser may begin at the same moment, such as those of tabs that it restores: each answer adds a
 * cookie, and knows nothing of the others'.
 */
const signInsAtOnce = 3;

/** A cookie as a request carries it. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/** The bytes of "name=value; ". */
const bytesOf = ({ name, value }: CookiePair) => name.length + value.length + 3;

/**
 * Finds the cookies that a budget has no room for, less the room for as many more like the first one as can come at
 * the same moment.
 * @param cookies the most wanted first; the first one is kept whatever its size.
 * @returns the names of the first one that no longer fits and of all after it.
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
