import { setTimeout as delay } from 'node:timers/promises';

/** Attempts under way take some 50 ms each, and a few seconds under load. */
const waitMilliseconds = 10_000;
const firstPauseMilliseconds = 20;
const longestPauseMilliseconds = 200;

/**
 * Polls `ask` until it answers something other than `wait`: the attempts under way may be another process's.
 * @returns `wait` when nothing was decided in time.
 */
export async function awaitAdmission<Answer extends { readonly kind: string }>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const giveUpAt = performance.now() + waitMilliseconds;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
    const answer = await ask();
    if (answer.kind !== 'wait' || performance.now() + pause > giveUpAt) return answer;
    // Jittered, so that waiting attempts don't poll in step.
    await delay(pause * (0.5 + Math.random()));
  }
}
