import { availableParallelism } from 'node:os';
import { createFairSlots, type FairSlots, NoSlotError } from '../concurrency/fair-slots.ts';
import { TenantBusyError } from '../errors/index.ts';
import { hashPassword, verifyAgainstNothing, verifyPassword } from './password.ts';

/** Hashes passwords and verifies them, on somebody's account. */
export interface Passwords {
  /** @throws {TenantBusyError} when it is not their turn in time. */
  hash(password: string): Promise<string>;
  /** As `verifyPassword`. @throws {TenantBusyError} when it is not their turn in time. */
  verify(hash: string, password: string): Promise<boolean>;
  /** As `verifyAgainstNothing`. @throws {TenantBusyError} when it is not their turn in time. */
  verifyAgainstNothing(password: string): Promise<false>;
}

/** At once, as many as are asked for. */
const unqueuedPasswords: Passwords = {
  hash: hashPassword,
  verify: verifyPassword,
  verifyAgainstNothing,
};

/** On whose account a password is hashed. */
export interface HashingParty {
  /** The tenant's key, or what stands for one. */
  readonly tenant: string;
  /** One user of the tenant, or one address: whoever sends more than others waits longer than they. */
  readonly member: string;
}

/** Gives everybody their turn at hashing, which takes more time and memory than anything else here. */
export interface PasswordQueue {
  of(party: HashingParty): Passwords;
}

/**
 * A hash takes a processor, 19 MiB, and one of the four threads that Node.js has for look-ups of names and files too:
 * one is left for those.
 */
const hashesAtOnce = Math.min(availableParallelism(), 3);

/** At 50 ms each, or several times that on a server that is busy, who stands behind more would not get their turn in time. */
const waitingOfMember = 100;
const waitingOfTenant = 400;
const waitMilliseconds = 30_000;

/** A queue moves on every few milliseconds; a client that comes back sooner finds the same crowd. */
const busyRetrySeconds = 1;

/**
 * Creates the queue of a process. Tenants get their turns round-robin, and within a tenant its members: a slot of the
 * tenant's own admits one of them to the turns of all tenants.
 */
export function createPasswordQueue(
  atOnce = hashesAtOnce,
  passwords: Passwords = unqueuedPasswords,
): PasswordQueue {
  const turns = createFairSlots(atOnce);
  const tenants = new Map<string, FairSlots>();

  function slotsOf(tenant: string): FairSlots {
    const known = tenants.get(tenant);
    if (known) return known;
    const slots = createFairSlots(atOnce, waitingOfTenant);
    tenants.set(tenant, slots);
    return slots;
  }

  function forgetIfIdle(tenant: string, slots: FairSlots): void {
    const { inUse, waiting } = slots.statistics();
    if (inUse === 0 && waiting === 0 && tenants.get(tenant) === slots) tenants.delete(tenant);
  }

  async function inTurn<T>({ tenant, member }: HashingParty, work: () => Promise<T>): Promise<T> {
    const request = { limit: atOnce, waitMilliseconds };
    const ownSlots = slotsOf(tenant);
    try {
      const leaveTenant = await ownSlots.acquire({
        ...request,
        group: member,
        waitingLimit: waitingOfMember,
      });
      try {
        const leave = await turns.acquire({ ...request, group: tenant });
        try {
          return await work();
        } finally {
          leave();
        }
      } finally {
        leaveTenant();
      }
    } catch (error) {
      throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
    } finally {
      forgetIfIdle(tenant, ownSlots);
    }
  }

  return {
    of: (party) => ({
      hash: (password) => inTurn(party, () => passwords.hash(password)),
      verify: (hash, password) => inTurn(party, () => passwords.verify(hash, password)),
      verifyAgainstNothing: (password) => inTurn(party, () => passwords.verifyAgainstNothing(password)),
    }),
  };
}
