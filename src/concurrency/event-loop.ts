import { performance } from 'node:perf_hooks';

/** An event loop and its clocks, in milliseconds. */
export interface EventLoop {
  now(): number;
  /** The total time for which the loop has been idle. */
  idle(): number;
  /** Calls back after everything that is ready now. */
  soon(work: () => void): void;
  /** Calls back later unless cancelled. It doesn't keep the process alive. */
  later(milliseconds: number, work: () => void): { cancel(): void };
}

/** The event loop of this thread. */
export const ownEventLoop: EventLoop = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
  soon: (work) => void setImmediate(work),
  later(milliseconds, work) {
    const timer = setTimeout(work, milliseconds).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
