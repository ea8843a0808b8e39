import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPacedReviews } from '../../../src/tenancy/paced-reviews.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('looks at a tenant at once, and at its last change after a pause, however often it is told', async () => {
  const review = vi.fn(async (_tenantKey: string) => {});
  const reviews = createPacedReviews(review, { atOnce: 4, pauseMilliseconds: 250 });
  for (let time = 0; time < 1_000; time++) reviews.request('acme01');
  await vi.advanceTimersByTimeAsync(0);
  for (let time = 0; time < 1_000; time++) reviews.request('acme01');
  expect(review).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(250);
  expect(review).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(review).toHaveBeenCalledTimes(2);
});

it('looks again at what changes while it looks', async () => {
  let finish = () => {};
  const review = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const reviews = createPacedReviews(review, { atOnce: 1, pauseMilliseconds: 250 });
  reviews.request('acme01');
  reviews.request('acme01');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(review).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(review).toHaveBeenCalledTimes(2);
});

it('looks at each of many tenants, few at a time', async () => {
  let running = 0;
  let most = 0;
  const seen = new Set<string>();
  const reviews = createPacedReviews(
    async (tenantKey) => {
      most = Math.max(most, ++running);
      seen.add(tenantKey);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
    },
    { atOnce: 4, pauseMilliseconds: 250 },
  );
  for (let number = 0; number < 100; number++) reviews.request(`tenant${number}`);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([seen.size, most]).toEqual([100, 4]);
});
