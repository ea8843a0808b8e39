import type { InTurn } from './turns.ts';

/** Counts a list, unless the request has counted one of that name already. */
export type CountOnce = (name: string, count: () => Promise<number>) => Promise<number>;

/** Creates the cache of one request's counts, each of which waits for its turn. */
export function createCountOnce(inTurn: InTurn): CountOnce {
  const counts = new Map<string, Promise<number>>();
  return (name, count) => {
    const known = counts.get(name);
    if (known) return known;
    const counted = inTurn(count);
    counts.set(name, counted);
    return counted;
  };
}
