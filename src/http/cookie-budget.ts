/**
 * Most bytes of a request's `Cookie` header for each kind of cookie of ours. nginx and other proxies refuse a header of
 * more than 8 kB by default (large_client_header_buffers), and a browser with such a jar can neither sign in nor out.
 * What is left is for the cookies of the page's own host.
 */
export const cookieBudgets = { refresh: 4_608, device: 2_560 } as const;

/** A cookie as a request carries it. */
export interface CookiePair {
  readonly name: string;
  readonly value: string;
}

/**
 * Finds the cookies that a budget has no room for.
 * @param cookies the most wanted first; the first one is kept whatever its size.
 * @returns the names of the first one that no longer fits and of all after it.
 */
export function namesBeyond(budget: number, cookies: readonly CookiePair[]): string[] {
  let bytes = 0;
  const first = cookies.findIndex(({ name, value }, index) => {
    // "name=value; "
    bytes += name.length + value.length + 3;
    return bytes > budget && index > 0;
  });
  return first === -1 ? [] : cookies.slice(first).map(({ name }) => name);
}
