/** Counts a list, unless the request has counted one of that name already. */
export type CountOnce = (name: string, count: () => Promise<number>) => Promise<number>;

/**
 * Creates the cache of one request's counts. It counts one list at a time: counting is the most expensive thing that
 * a short query can ask for, and would otherwise take all of the tenant's connections.
 */
export function createCountOnce(): CountOnce {
  const counts = new Map<string, Promise<number>>();
  let last: Promise<unknown> = Promise.resolve();
  return (name, count) => {
    const known = counts.get(name);
    if (known) return known;
    const counted = last.then(count);
    last = counted.catch(() => undefined);
    counts.set(name, counted);
    return counted;
  };
}
