import { setMaxListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  createFairSlots,
  type FairSlots,
  NoSlotError,
  type ReleaseSlot,
} from '../../../src/concurrency/fair-slots.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);

function request(group: string, overrides: { limit?: number; signal?: AbortSignal } = {}) {
  return { group, limit: 10, waitMilliseconds: 1_000, signal: never, ...overrides };
}

/** Asks for a slot, and writes down who got one. */
function ask(slots: FairSlots, group: string, granted: string[], limit = 10): Promise<ReleaseSlot> {
  return slots.acquire(request(group, { limit })).then((release) => {
    granted.push(group);
    return release;
  });
}

describe('slots', () => {
  it('are given out at once while there are some', async () => {
    const slots = createFairSlots(2);
    await slots.acquire(request('a'));
    await slots.acquire(request('b'));
    expect(slots.statistics()).toEqual({ inUse: 2, waiting: 0 });
  });

  it('are given to those who wait when there are more, and to nobody until enough have come back when there are fewer', async () => {
    const slots = createFairSlots(1);
    const granted: string[] = [];
    const first = await slots.acquire(request('a'));
    const waiting = ['b', 'c'].map((group) => ask(slots, group, granted));
    slots.resize(2);
    const second = await waiting[0];
    expect(granted).toEqual(['b']);
    slots.resize(1);
    first();
    await Promise.resolve();
    expect(granted).toEqual(['b']);
    second?.();
    await waiting[1];
    expect(granted).toEqual(['b', 'c']);
  });

  it('are given to groups in turn, however many of one group wait, and since when', async () => {
    const slots = createFairSlots(1);
    const granted: string[] = [];
    const first = await slots.acquire(request('noisy'));
    const waiting = [
      ...Array.from({ length: 6 }, () => ask(slots, 'noisy', granted)),
      ...['b', 'c', 'b'].map((group) => ask(slots, group, granted)),
    ];
    first();
    // Whoever gets it gives it back.
    await Promise.all(waiting.map(async (slot) => (await slot)()));
    expect(granted).toEqual(['noisy', 'b', 'c', 'noisy', 'b', 'noisy', 'noisy', 'noisy', 'noisy']);
  });

  it('are never more for a group than its limit, while others get theirs', async () => {
    const slots = createFairSlots(10);
    const granted: string[] = [];
    // Those who get none here are refused when the test is over.
    for (const group of ['a', 'a', 'a', 'a', 'a', 'b']) ask(slots, group, granted, 2).catch(() => undefined);
    await vi.waitFor(() => expect(granted).toEqual(['a', 'a', 'b']));
    expect(slots.statistics()).toEqual({ inUse: 3, waiting: 3 });
  });

  it('follow a limit that is raised, also for those who wait already', async () => {
    const slots = createFairSlots(10);
    const granted: string[] = [];
    for (let turn = 0; turn < 3; turn++) void ask(slots, 'a', granted, 1).catch(() => undefined);
    await vi.waitFor(() => expect(granted).toHaveLength(1));
    void ask(slots, 'a', granted, 4).catch(() => undefined);
    await vi.waitFor(() => expect(granted).toHaveLength(4));
  });

  it('are given back once, however often that is said', async () => {
    const slots = createFairSlots(1);
    const release = await slots.acquire(request('a'));
    release();
    release();
    await slots.acquire(request('a'));
    expect(slots.statistics()).toEqual({ inUse: 1, waiting: 0 });
  });

  it('are waited for no longer than asked, and none is lost by it', async () => {
    vi.useFakeTimers();
    try {
      const slots = createFairSlots(1);
      const release = await slots.acquire(request('a'));
      const refused = expect(slots.acquire(request('b'))).rejects.toThrow(NoSlotError);
      await vi.advanceTimersByTimeAsync(1_001);
      await refused;
      expect(slots.statistics()).toEqual({ inUse: 1, waiting: 0 });
      release();
      await slots.acquire(request('c'));
      expect(slots.statistics()).toEqual({ inUse: 1, waiting: 0 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('are no longer waited for by who has gone', async () => {
    const slots = createFairSlots(1);
    const release = await slots.acquire(request('a'));
    const gone = new AbortController();
    const waiting = slots.acquire(request('a', { signal: gone.signal }));
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(slots.acquire(request('a', { signal: gone.signal }))).rejects.toThrow('gone');
    release();
    expect(slots.statistics()).toEqual({ inUse: 0, waiting: 0 });
  });

  it('are refused at once to a group of which too many wait, and to no other', async () => {
    const slots = createFairSlots(1);
    await slots.acquire(request('a'));
    const waiting = Array.from({ length: 101 }, () => slots.acquire(request('flood', { limit: 1 })));
    await expect(waiting[100]).rejects.toThrow(NoSlotError);
    for (const one of waiting) one.catch(() => undefined);
    void slots.acquire(request('b', { limit: 1 })).catch(() => undefined);
    expect(slots.statistics()).toEqual({ inUse: 1, waiting: 101 });
  });

  it('are all free again after any mixture of grants, refusals and departures', async () => {
    const slots = createFairSlots(5);
    let most = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 2_000 }, async (_, turn) => {
        const signal = turn % 7 === 0 ? AbortSignal.timeout(turn % 20) : never;
        const release = await slots.acquire({
          group: `t${turn % 23}`,
          limit: 2,
          waitMilliseconds: turn % 11 === 0 ? turn % 30 : 5_000,
          signal,
        });
        most = Math.max(most, slots.statistics().inUse);
        await new Promise((resolve) => setTimeout(resolve, turn % 3));
        release();
      }),
    );
    expect(most).toBe(5);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    expect(slots.statistics()).toEqual({ inUse: 0, waiting: 0 });
  });
});
