import type { Enqueue } from './serial-queue.ts';

/** Counts a list, unless the request has already counted one of that name. */
export type CountOnce = (name: string, count: () => Promise<number>) => Promise<number>;

/** Creates the cache of one request's counts, which run one after another. */
export function createCountOnce(enqueue: Enqueue): CountOnce {
  const counts = new Map<string, Promise<number>>();
  return (name, count) => {
    const known = counts.get(name);
    if (known) return known;
    const counted = enqueue(count);
    counts.set(name, counted);
    return counted;
  };
}
