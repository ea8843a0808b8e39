import { describe, expect, it } from 'vitest';
import { createCountOnce } from '../../../src/graphql/count-once.ts';
import { createSerialQueue } from '../../../src/graphql/serial-queue.ts';

describe('what one request counts', () => {
  it('is counted once for each name', async () => {
    const countOnce = createCountOnce(createSerialQueue());
    let counted = 0;
    const count = async () => ++counted;
    await expect(
      Promise.all(['a', 'a', 'b', 'a', 'b'].map((name) => countOnce(name, count))),
    ).resolves.toEqual([1, 1, 2, 1, 2]);
  });

  it('is counted one after the other, also after one has failed', async () => {
    const countOnce = createCountOnce(createSerialQueue());
    let underWay = 0;
    let most = 0;
    const count = (name: string) => async () => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      if (name === 'b') throw new Error('It failed.');
      return 1;
    };
    const counts = await Promise.allSettled(['a', 'b', 'c'].map((name) => countOnce(name, count(name))));
    expect(counts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(most).toBe(1);
  });

  it('is no other request’s', async () => {
    await createCountOnce(createSerialQueue())('a', async () => 1);
    await expect(createCountOnce(createSerialQueue())('a', async () => 2)).resolves.toBe(2);
  });
});
