import { createFairSlots, NoSlotError, type ReleaseSlot } from '../concurrency/fair-slots.ts';
import { TenantBusyError } from '../errors/index.ts';

/** Lets a few attempts of each crowd be under way at once; the others wait without a connection or anything else. */
export interface SignInGate {
  /**
   * @param realm the tenant's key as it was given, or the managers'.
   * @throws {TenantBusyError} after the wait, and at once when too many wait already.
   */
  enter(realm: string, network: string): Promise<ReleaseSlot>;
}

/** More than are hashed at once, and less than an address may fail: attempts under way rarely use up its limit. */
const underWayAtOnce = 4;

/**
 * A whole company may begin its day at once, and its neighbours: 200 are through in some 10 s, and on a server that is
 * busy in the time that one may wait.
 */
const waitingLimit = 200;
const waitMilliseconds = 30_000;
const busyRetrySeconds = 1;

/** Requests that wait take about 10 kB each, from however many addresses they come. */
const waitingAltogether = 5_000;

/** Creates the gate of a process. */
export function createSignInGate(): SignInGate {
  const slots = createFairSlots(Number.POSITIVE_INFINITY, waitingAltogether);
  return {
    async enter(realm, network) {
      try {
        return await slots.acquire({
          group: `${realm} ${network}`,
          limit: underWayAtOnce,
          waitingLimit,
          waitMilliseconds,
        });
      } catch (error) {
        throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
      }
    },
  };
}
