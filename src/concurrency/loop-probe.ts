import type { EventLoop } from './event-loop.ts';

/** One observation of an event loop. Times are in milliseconds. */
export interface LoopObservation {
  readonly now: number;
  /** The loop's lateness for what was due. */
  readonly delay: number;
  /** See {@link EventLoop.idle}. */
  readonly idle: number;
}

/** Looks at an event loop at intervals, as long as somebody wants to know. */
export interface LoopProbe {
  /** Looks on; does nothing when it does already. */
  start(): void;
  stop(): void;
  /** The last observation. */
  last(): LoopObservation;
}

const intervalMilliseconds = 20;

/**
 * Creates a probe, stopped.
 * @param observe hears of each observation and of the milliseconds since the one before, and answers whether to go on.
 */
export function createLoopProbe(
  loop: EventLoop,
  observe: (observation: LoopObservation, milliseconds: number) => boolean,
): LoopProbe {
  const look = (delay: number) => ({ now: loop.now(), delay, idle: loop.idle() });
  let timer: { cancel(): void } | undefined;
  let last = look(0);

  function lookSoon(): void {
    const due = loop.now() + intervalMilliseconds;
    timer = loop.later(intervalMilliseconds, () => {
      timer = undefined;
      const before = last.now;
      last = look(Math.max(0, loop.now() - due));
      if (observe(last, last.now - before)) lookSoon();
    });
  }

  return {
    start() {
      if (timer) return;
      last = look(0);
      lookSoon();
    },
    stop() {
      timer?.cancel();
      timer = undefined;
    },
    last: () => last,
  };
}
