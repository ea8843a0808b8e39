import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { failUniformly } from '../../../src/auth/fail-uniformly.ts';
import { InvalidCredentialsError } from '../../../src/errors/index.ts';

/** The time until an attempt of that length is refused. */
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
  // By this clock, timers may fire a millisecond early.
  for (const time of [atOnce, soon]) {
    expect(time).toBeGreaterThan(498);
    expect(time).toBeLessThan(998);
  }
  for (const time of [late, later]) {
    expect(time).toBeGreaterThan(998);
    expect(time).toBeLessThan(1_498);
  }
});
