import { createFairSlots, NoSlotError, type ReleaseSlot } from '../concurrency/fair-slots.ts';
import { TenantBusyError } from '../errors/index.ts';

/** Lets each realm and network have a few attempts under way; the others wait without holding a connection. */
export interface SignInGate {
  /**
   * @param realm the tenant's key as given, or the managers' realm.
   * @throws {TenantBusyError} after the wait, or at once when too many are waiting already.
   */
  enter(realm: string, network: string): Promise<ReleaseSlot>;
}

/** More than are hashed at once, and fewer than an address may fail: attempts under way rarely use up its limit. */
const underWayAtOnce = 4;

/**
 * A whole company and its neighbours may start their day at the same time: 200 attempts take some 10 s, and even on a
 * busy server no longer than the wait.
 */
const waitingLimit = 200;
const waitMilliseconds = 30_000;
const busyRetrySeconds = 1;

/** The limit for all addresses together: a waiting request takes about 10 kB. */
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
