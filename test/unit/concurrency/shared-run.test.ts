import { describe, expect, it, vi } from 'vitest';
import { sharedRun } from '../../../src/concurrency/shared-run.ts';

describe('a shared run', () => {
  it('answers all calls that meet, and begins anew after it has ended', async () => {
    const work = vi.fn(async () => work.mock.calls.length);
    const run = sharedRun(work);
    expect(await Promise.all([run(), run(), run()])).toEqual([1, 1, 1]);
    expect(await run()).toBe(2);
  });

  it('begins anew after a failure', async () => {
    const work = vi.fn(() => Promise.reject(new Error('broken')));
    const run = sharedRun(work);
    await Promise.all([run(), run()].map((call) => expect(call).rejects.toThrow('broken')));
    await expect(run()).rejects.toThrow('broken');
    expect(work).toHaveBeenCalledTimes(2);
  });
});
