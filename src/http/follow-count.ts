import type { Counter } from 'prom-client';

/** Sets a counter to a value that is counted elsewhere. */
export function follow(counter: Counter, count: number): void {
  counter.reset();
  counter.inc(count);
}
