import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitOpenError, createCircuitBreaker } from '../../../src/db/connections/circuit-breaker.ts';

const options = {
  failureLimit: 3,
  firstPauseMilliseconds: 100,
  shortPauseMilliseconds: 400,
  longPauseMilliseconds: 6_000,
};
const down = new Error('down');
const fail = () => Promise.reject(down);
const succeed = () => Promise.resolve('up');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function openBreaker() {
  const breaker = createCircuitBreaker(options);
  return Promise.allSettled([breaker.run(fail), breaker.run(fail), breaker.run(fail)]).then(() => breaker);
}

describe('a breaker', () => {
  it('goes on trying until several attempts in a row have failed', async () => {
    const breaker = createCircuitBreaker(options);
    for (const work of [fail, fail, succeed, fail, fail]) await breaker.run(work).catch(() => undefined);
    expect(breaker.state()).toBe('closed');
    await expect(breaker.run(fail)).rejects.toBe(down);
    expect(breaker.state()).toBe('open');
  });

  it('refuses at once while it is open, with the last failure and the seconds to wait', async () => {
    const breaker = await openBreaker();
    const work = vi.fn(succeed);
    const refusal = await breaker.run(work).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ cause: down, retryAfterSeconds: 1 });
    expect(work).not.toHaveBeenCalled();
  });

  it('lets one probe through after the pause, and refuses the others meanwhile', async () => {
    const breaker = await openBreaker();
    vi.advanceTimersByTime(121);
    let answer: (value: string) => void = () => {};
    const probe = breaker.run(
      () =>
        new Promise<string>((resolve) => {
          answer = resolve;
        }),
    );
    expect(breaker.state()).toBe('half-open');
    await expect(breaker.run(succeed)).rejects.toThrow(CircuitOpenError);
    expect(() => breaker.assertMayTry()).toThrow(CircuitOpenError);
    answer('up');
    await probe;
    expect(breaker.state()).toBe('closed');
    expect(await breaker.run(succeed)).toBe('up');
  });

  it('pauses twice as long after each failed probe, up to a bound', async () => {
    const breaker = await openBreaker();
    for (const pause of [100, 200, 400, 400]) {
      vi.advanceTimersByTime(pause - 1);
      await expect(breaker.run(fail)).rejects.toThrow(CircuitOpenError);
      vi.advanceTimersByTime(1 + pause / 5 + 1);
      await expect(breaker.run(fail)).rejects.toBe(down);
    }
  });

  it('pauses longer after probes that took long to fail', async () => {
    const breaker = await openBreaker();
    const failSlowly = async () => {
      vi.advanceTimersByTime(1_000);
      throw down;
    };
    for (const pause of [100, 200, 400, 800, 1_600, 3_200, 6_000]) {
      vi.advanceTimersByTime(pause - 1);
      await expect(breaker.run(fail)).rejects.toThrow(CircuitOpenError);
      vi.advanceTimersByTime(1 + pause / 5 + 1);
      await expect(breaker.run(failSlowly)).rejects.toBe(down);
    }
  });

  it('does not pause longer for attempts that had begun before it opened', async () => {
    const breaker = createCircuitBreaker(options);
    await Promise.allSettled(Array.from({ length: 20 }, () => breaker.run(fail)));
    vi.advanceTimersByTime(121);
    expect(await breaker.run(succeed)).toBe('up');
  });

  it('counts failures that were seen elsewhere', () => {
    const breaker = createCircuitBreaker(options);
    for (let count = 0; count < 3; count++) breaker.failed(down, 1);
    expect(breaker.state()).toBe('open');
  });
});
