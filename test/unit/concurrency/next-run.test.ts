import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nextRun } from '../../../src/concurrency/next-run.ts';

/** Work whose runs are ended by hand, in the order in which they began. */
function workByHand() {
  const runs: { end: (value: string) => void; fail: (error: Error) => void }[] = [];
  const begin = nextRun(
    () => new Promise<string>((resolve, reject) => void runs.push({ end: resolve, fail: reject })),
  );
  return { runs, begin };
}

describe('runs that calls share', () => {
  it('begin after each call that they answer', async () => {
    const { runs, begin } = workByHand();
    const first = begin();
    const later = [begin(), begin()];
    expect(runs).toHaveLength(1);
    runs[0]?.end('one');
    expect(await first).toBe('one');
    await turn();
    expect(runs).toHaveLength(2);
    const last = begin();
    runs[1]?.end('two');
    expect(await Promise.all(later)).toEqual(['two', 'two']);
    await turn();
    runs[2]?.end('three');
    expect(await last).toBe('three');
  });

  it('are no worse off for one that fails', async () => {
    const { runs, begin } = workByHand();
    const first = begin();
    const second = begin();
    runs[0]?.fail(new Error('No.'));
    await expect(first).rejects.toThrow('No.');
    await turn();
    runs[1]?.end('two');
    expect(await second).toBe('two');
  });

  it('do not wait for one that hangs', async () => {
    const { runs, begin } = workByHand();
    void begin();
    const second = begin();
    await expect.poll(() => runs.length).toBe(2);
    runs[1]?.end('two');
    expect(await second).toBe('two');
  });
});
