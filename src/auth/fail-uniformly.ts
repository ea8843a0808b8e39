import { setTimeout as delay } from 'node:timers/promises';
import { InvalidCredentialsError } from '../errors/index.ts';

/**
 * Longer than any refusal takes on a server that is not overloaded: looking up a tenant, opening its client,
 * reading its user and hashing. Below it, the time of a refusal says nothing about its reason.
 */
const refusalMilliseconds = 500;

/**
 * Runs a sign-in attempt. A refusal is delayed until {@link refusalMilliseconds} after the start or, if it took
 * longer, until the next multiple of that: even on an overloaded server, the reasons are hard to tell apart.
 */
export async function failUniformly<T>(attempt: () => Promise<T>): Promise<T> {
  const begunAt = performance.now();
  // Set before anything is known: of refusals that are due together, the first to have begun comes first, and not the
  // one that was done soonest.
  const refusalIsDue = delay(refusalMilliseconds);
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof InvalidCredentialsError) {
      const overtime = performance.now() - begunAt - refusalMilliseconds;
      await (overtime <= 0 ? refusalIsDue : delay(refusalMilliseconds - (overtime % refusalMilliseconds)));
    }
    throw error;
  }
}
