import type { Counter } from 'prom-client';

/** Sets a counter to what was counted elsewhere. */
export function follow(counter: Counter, count: number): void {
  counter.reset();
  counter.inc(count);
}
