import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endsWithin } from '../../../src/concurrency/ends-within.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('work that is waited for', () => {
  it('is waited for no longer than the limit when it never ends', async () => {
    const ended = endsWithin(1_000, new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(ended).resolves.toBe(false);
  });

  it('is not waited for beyond its end, and leaves no timer', async () => {
    await expect(endsWithin(1_000, Promise.resolve('done'))).resolves.toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells its own failure', async () => {
    await expect(endsWithin(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
