import type { EventLoop } from '../../src/concurrency/event-loop.ts';

/** An event loop that turns only when it is told to. */
export interface FakeEventLoop extends EventLoop {
  /** Does what is to be done soon, and what that has led to. */
  turn(): Promise<void>;
  /** Advances the time, idle or busy, and then runs what is due. */
  pass(milliseconds: number, how: 'idle' | 'busy'): Promise<void>;
  /** The number of pending timers. */
  timers(): number;
}

/** Creates a loop at time 0. */
export function createFakeEventLoop(): FakeEventLoop {
  let now = 0;
  let idle = 0;
  let soon: (() => void)[] = [];
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  async function turn(): Promise<void> {
    const works = soon;
    soon = [];
    for (const work of works) {
      work();
      await settled();
    }
  }

  return {
    now: () => now,
    idle: () => idle,
    soon: (work) => void soon.push(work),
    later(milliseconds, work) {
      if (milliseconds < 0) throw new RangeError(`${milliseconds} ms is no time to wait.`);
      const timer = { at: now + milliseconds, work };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    turn,
    async pass(milliseconds, how) {
      now += milliseconds;
      if (how === 'idle') idle += milliseconds;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.work();
      }
      await settled();
      await turn();
    },
    timers: () => timers.size,
  };
}
