import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { failUniformly } from '../../../src/auth/fail-uniformly.ts';
import { InvalidCredentialsError } from '../../../src/errors/index.ts';

/** When the refusal of an attempt that takes so long comes. */
async function refusedAfter(milliseconds: number): Promise<number> {
  const begun = performance.now();
  const attempt = failUniformly(async () => {
    await delay(milliseconds);
    throw new InvalidCredentialsError();
  });
  await expect(attempt).rejects.toThrow(InvalidCredentialsError);
  return performance.now() - begun;
}

it('refusals come after half a second or, on a server that is overloaded, a multiple of it', async () => {
  const [atOnce, soon, late, later] = await Promise.all([0, 100, 550, 700].map(refusedAfter));
  // Timers may fire a millisecond early by this clock.
  for (const time of [atOnce, soon]) {
    expect(time).toBeGreaterThan(498);
    expect(time).toBeLessThan(998);
  }
  for (const time of [late, later]) {
    expect(time).toBeGreaterThan(998);
    expect(time).toBeLessThan(1_498);
  }
});
