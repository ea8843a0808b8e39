import { createFairSlots, NoSlotError, type ReleaseSlot } from '../concurrency/fair-slots.ts';
import { TenantBusyError } from '../errors/index.ts';

/** Limits the concurrent attempts of each realm and network; the others wait without holding a connection. */
export interface SignInGate {
  /** Returns the realm itself if it is known to exist; all others are one. */
  turnOf(realm: string): string;
  /**
   * @param realm the tenant's key as given, or the managers' realm.
   * @param network the party that attempts are counted for, whatever realms they name (see `turnNetwork`).
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
const waitingOfRealm = 200;
const waitMilliseconds = 30_000;
const busyRetrySeconds = 1;

/** The limit for a network's attempts at all realms: whoever names many has no more than two companies. */
const waitingOfNetwork = 400;

/**
 * The limit for all networks together: a waiting request takes about 10 kB. Beyond it, the last of the network with the
 * most has to go, so that no crowd keeps newcomers out.
 */
const waitingAltogether = 5_000;

/** The realm of all attempts that name an unknown one. No tenant's key contains a colon. */
const unknownRealm = ':unknown';

/** Those of a network that wait, in the order of their arrival, and the way to send each away. */
type WaitingRoom = Set<AbortController>;

/**
 * Creates the gate of a process.
 * @param isKnown tells, without asking anybody, whether a realm is known to exist. The others are treated as one:
 * made-up names don't bring a client more attempts, and the first attempts at a real one only wait a little longer.
 */
export function createSignInGate(isKnown: (realm: string) => boolean): SignInGate {
  const slots = createFairSlots(Number.POSITIVE_INFINITY);
  const rooms = new Map<string, WaitingRoom>();
  const turnOf = (realm: string) => (isKnown(realm) ? realm : unknownRealm);
  let waiting = 0;

  function leave(room: WaitingRoom, attempt: AbortController): void {
    if (room.delete(attempt)) waiting--;
  }

  /** Sends the last of a network away. */
  function sendAway(room: WaitingRoom): void {
    const last = [...room].at(-1);
    if (!last) return;
    leave(room, last);
    last.abort(new NoSlotError('Too many attempts of the network wait.'));
  }

  function fullestRoom(own: WaitingRoom): WaitingRoom {
    let fullest = own;
    for (const room of rooms.values()) if (room.size > fullest.size) fullest = room;
    return fullest;
  }

  async function takeSlot(realm: string, network: string): Promise<ReleaseSlot> {
    const attempt = new AbortController();
    const waitingBefore = slots.statistics().waiting;
    const slot = slots.acquire({
      group: `${turnOf(realm)} ${network}`,
      limit: underWayAtOnce,
      // No less for unknown realms: that some are refused at once and others are not would tell which ones exist.
      waitingLimit: isKnown(realm) ? waitingOfRealm : waitingOfNetwork,
      waitMilliseconds,
      signal: attempt.signal,
    });
    if (slots.statistics().waiting === waitingBefore) return slot;
    const room: WaitingRoom = rooms.get(network) ?? new Set();
    rooms.set(network, room.add(attempt));
    waiting++;
    if (room.size > waitingOfNetwork) sendAway(room);
    else if (waiting > waitingAltogether) sendAway(fullestRoom(room));
    return slot.finally(() => {
      leave(room, attempt);
      if (room.size === 0 && rooms.get(network) === room) rooms.delete(network);
    });
  }

  return {
    turnOf,
    async enter(realm, network) {
      try {
        return await takeSlot(realm, network);
      } catch (error) {
        throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
      }
    },
  };
}
