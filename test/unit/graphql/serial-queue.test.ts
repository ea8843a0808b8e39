import { describe, expect, it } from 'vitest';
import { createSerialQueue } from '../../../src/graphql/serial-queue.ts';

describe('the turns of a request', () => {
  it('come one after the other, in order, also after one has failed', async () => {
    const enqueue = createSerialQueue();
    const steps: string[] = [];
    const work = (name: string) => async () => {
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} ends`);
      if (name === 'b') throw new Error('It failed.');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => enqueue(work(name))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});
