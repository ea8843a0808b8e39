import { describe, expect, it, vi } from 'vitest';
import { openTogether } from '../../../src/concurrency/open-together.ts';

const fails = (message: string) => async () => {
  throw new Error(message);
};

describe('things that are opened together', () => {
  it('are released in reverse order, each after the one before it has ended', async () => {
    const events: string[] = [];
    const release = (name: string) => async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
    };
    const together = openTogether((use) => [use(1, release('first')), use(2, release('second'))]);
    expect(together.opened).toEqual([1, 2]);
    await together.release();
    expect(events).toEqual(['second begins', 'second ends', 'first begins', 'first ends']);
  });

  it('are released once, however often that is asked for', async () => {
    const release = vi.fn();
    const together = openTogether((use) => use(1, release));
    await together.release();
    await together.release();
    expect(release).toHaveBeenCalledExactlyOnceWith(1);
  });

  it('are each released though another can’t be, and the failure is told', async () => {
    const release = vi.fn();
    const one = openTogether((use) => [use(1, release), use(2, fails('second'))]);
    await expect(one.release()).rejects.toThrow('second');
    expect(release).toHaveBeenCalledOnce();
    const both = openTogether((use) => [use(1, fails('first')), use(2, fails('second'))]);
    await expect(both.release()).rejects.toMatchObject({
      errors: [new Error('second'), new Error('first')],
    });
  });

  it('are released when a later one fails to open, whose failure is what the opener is told', async () => {
    const release = vi.fn();
    expect(() =>
      openTogether((use) => {
        use(1, release);
        use(2, fails('release'));
        throw new Error('the third');
      }),
    ).toThrow('the third');
    await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
  });
});
