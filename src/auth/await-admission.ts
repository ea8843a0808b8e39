import { setTimeout as delay } from 'node:timers/promises';

/** Those under way take some 50 ms each; under load, some seconds. */
const waitMilliseconds = 10_000;
const firstPauseMilliseconds = 20;
const longestPauseMilliseconds = 200;

/**
 * Asks again and again until the answer is another than `wait`: the attempts under way may be another process's.
 * @returns `wait` when nothing was decided in time.
 */
export async function awaitAdmission<Answer extends { readonly kind: string }>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const giveUpAt = performance.now() + waitMilliseconds;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
    const answer = await ask();
    if (answer.kind !== 'wait' || performance.now() + pause > giveUpAt) return answer;
    // By chance, so that those who wait do not ask in step.
    await delay(pause * (0.5 + Math.random()));
  }
}
