import { performance } from 'node:perf_hooks';

/** An event loop and its clocks, in milliseconds. */
export interface EventLoop {
  now(): number;
  /** For how long the loop has had nothing to do, since it began. */
  idle(): number;
  /** Calls back when what is ready now has been done. */
  soon(work: () => void): void;
  /** Calls back later, unless that is cancelled. It keeps no process alive. */
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
