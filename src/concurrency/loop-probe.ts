import type { EventLoop } from './event-loop.ts';

/** One observation of an event loop. Times are in milliseconds. */
export interface LoopObservation {
  readonly now: number;
  /** The delay of the loop's timers. */
  readonly delay: number;
  /** See {@link EventLoop.idle}. */
  readonly idle: number;
}

/** Measures an event loop at intervals while needed. */
export interface LoopProbe {
  /** Starts measuring; does nothing if already started. */
  start(): void;
  stop(): void;
  /** The last observation. */
  last(): LoopObservation;
}

const intervalMilliseconds = 20;

/**
 * Creates a stopped probe.
 * @param observe receives each observation and the milliseconds since the previous one, and returns whether to
 * continue.
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
