import type { EventLoop } from './event-loop.ts';

/** Calls that are made after a fixed delay. */
export interface DelayedCalls {
  /** Adds a call. When too many are pending, the oldest is made at once. */
  add(call: () => void): { cancel(): void };
  /** The number of pending calls. */
  waiting(): number;
  /** Makes all pending calls now. */
  flush(): void;
}

/** The delay, and the maximum number of pending calls. */
export interface DelayedCallsOptions {
  readonly delayMilliseconds: number;
  readonly most: number;
}

interface DelayedCall {
  readonly at: number;
  readonly call: () => void;
}

/** Creates delayed calls. One timer serves them all. */
export function createDelayedCalls(
  { delayMilliseconds, most }: DelayedCallsOptions,
  loop: EventLoop,
): DelayedCalls {
  /** In the order in which they are due. */
  const delayed = new Set<DelayedCall>();
  let timer: { cancel(): void } | undefined;

  function callUntil(time: number): void {
    for (const entry of delayed) {
      if (entry.at > time) break;
      delayed.delete(entry);
      entry.call();
    }
    callLater();
  }

  function callLater(): void {
    if (timer) return;
    const [next] = delayed;
    if (!next) return;
    timer = loop.later(Math.max(0, next.at - loop.now()), () => {
      timer = undefined;
      callUntil(loop.now());
    });
  }

  return {
    add(call) {
      const entry = { at: loop.now() + delayMilliseconds, call };
      delayed.add(entry);
      const [oldest] = delayed;
      if (delayed.size > most && oldest) {
        delayed.delete(oldest);
        oldest.call();
      }
      callLater();
      return { cancel: () => void delayed.delete(entry) };
    },
    waiting: () => delayed.size,
    flush() {
      timer?.cancel();
      timer = undefined;
      callUntil(Number.POSITIVE_INFINITY);
    },
  };
}
