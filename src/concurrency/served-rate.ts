/** The work done in a second while there is more than can be done. */
export interface ServedRate {
  /** Adds what was done in a time in which there was always something waiting. */
  add(done: number, milliseconds: number): void;
  /** Per second; undefined before enough was seen. */
  current(): number | undefined;
}

/** Older observations count less and less. */
const memoryMilliseconds = 1_000;

/** Fewer milliseconds than these say nothing. */
const leastMilliseconds = 200;

/** Creates a rate of which nothing is known. */
export function createServedRate(): ServedRate {
  let done = 0;
  let milliseconds = 0;
  return {
    add(more, during) {
      const kept = Math.exp(-during / memoryMilliseconds);
      done = done * kept + more;
      milliseconds = milliseconds * kept + during;
    },
    current: () => (milliseconds < leastMilliseconds ? undefined : (done * 1_000) / milliseconds),
  };
}
