import { availableParallelism } from 'node:os';
import { NoSlotError } from '../concurrency/fair-slots.ts';
import { createNestedTurns } from '../concurrency/nested-turns.ts';
import { TenantBusyError } from '../errors/index.ts';
import { hashPassword, verifyAgainstNothing, verifyPassword } from './password.ts';

/** Hashes and verifies passwords on behalf of one party. */
export interface Passwords {
  /** @throws {TenantBusyError} when its turn doesn't come in time. */
  hash(password: string): Promise<string>;
  /** Like `verifyPassword`. @throws {TenantBusyError} when its turn doesn't come in time. */
  verify(hash: string, password: string): Promise<boolean>;
  /** Like `verifyAgainstNothing`. @throws {TenantBusyError} when its turn doesn't come in time. */
  verifyAgainstNothing(password: string): Promise<false>;
}

/** Runs at once, without a queue. */
const unqueuedPasswords: Passwords = {
  hash: hashPassword,
  verify: verifyPassword,
  verifyAgainstNothing,
};

/** The party on whose behalf a password is hashed. */
export interface HashingParty {
  /** The tenant's key, or a stand-in for it that all tenants that do not exist share. */
  readonly tenant: string;
  /** One user of the tenant, or one network: those who send more than others wait longer. */
  readonly member: string;
}

/** Gives each party its turn at hashing, which takes more time and memory than anything else here. */
export interface PasswordQueue {
  of(party: HashingParty): Passwords;
}

/**
 * A hash takes a processor, 19 MiB, and one of the four threads that Node.js also uses for DNS look-ups and files:
 * one is left for those.
 */
const hashesAtOnce = Math.min(availableParallelism(), 3);

/** At 50 ms each, or several times that on a busy server, any more wouldn't get their turn in time. */
const waitingOfMember = 100;
const waitingOfTenant = 400;
const waitMilliseconds = 30_000;

/** A queue moves every few milliseconds; a client that retries sooner than this finds it as long as before. */
const busyRetrySeconds = 1;

/** Creates the queue of a process. Tenants take turns round-robin, and so do the members of a tenant. */
export function createPasswordQueue(
  atOnce = hashesAtOnce,
  passwords: Passwords = unqueuedPasswords,
): PasswordQueue {
  const turns = createNestedTurns({
    atOnce,
    waitingOfMember,
    waitingOfGroup: waitingOfTenant,
    waitMilliseconds,
  });

  async function inTurn<T>({ tenant, member }: HashingParty, work: () => Promise<T>): Promise<T> {
    try {
      return await turns.run({ group: tenant, member }, work);
    } catch (error) {
      throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
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
