import ipaddr from 'ipaddr.js';
import { NoSlotError } from '../concurrency/fair-slots.ts';
import { createNestedTurns, type Party } from '../concurrency/nested-turns.ts';
import type { CentralClient } from '../db/central-client.ts';
import type { CentralDatabase } from '../db/identity-database.ts';
import { changeLimits } from '../db/identity-lock.ts';
import { TenantBusyError } from '../errors/index.ts';
import {
  counterAssignments,
  counterColumns,
  counterSelection,
  parseCounter,
  type ReadCounter,
} from './counter-rows.ts';
import {
  type AttemptCounter,
  type AttemptOutcome,
  admit,
  type LockoutRule,
  longestLockSeconds,
  lostAfterSeconds,
  settle,
} from './lockout.ts';

/** The answer to an address that asks to try a sign-in. */
export type AddressAdmission =
  | { readonly kind: 'admitted'; readonly attempt: AddressAttempt }
  | { readonly kind: 'locked'; readonly seconds: number }
  | { readonly kind: 'wait' };

/** An attempt under way. */
export interface AddressAttempt {
  end(outcome: AttemptOutcome): Promise<void>;
}

/** Counts the sign-ins that fail from one address, whatever tenant and account they were for. */
export interface LoginAddresses {
  /**
   * Asks to make an attempt. An admitted one has to be ended.
   * @param realm the realm in whose turn it is counted: a tenant's key, or a stand-in.
   * @throws {TenantBusyError} when too many ask at once.
   */
  begin(address: string, realm: string): Promise<AddressAdmission>;
}

/**
 * Keeps some of the central database's connections free during a burst of sign-ins: an attempt that got none in time
 * would go uncounted.
 */
const transactionsAtOnce = 6;
const waitMilliseconds = 10_000;

/** A transaction takes some milliseconds: more than these wouldn't get their turn in time. */
const waitingOfNetwork = 100;
const waitingOfRealm = 1_000;
const busyRetrySeconds = 1;

/**
 * Creates the counters in the central database, where every process sees them. Realms take turns at them, and so do the
 * networks of a realm's attempts.
 */
export function createLoginAddresses(central: CentralClient, rule: LockoutRule): LoginAddresses {
  const turns = createNestedTurns({
    atOnce: transactionsAtOnce,
    waitingOfMember: waitingOfNetwork,
    waitingOfGroup: waitingOfRealm,
    waitMilliseconds,
  });

  async function inTurn<T>(party: Party, work: (transaction: CentralDatabase) => Promise<T>): Promise<T> {
    try {
      return await turns.run(party, () => central.$transaction(work, changeLimits));
    } catch (error) {
      throw error instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause: error }) : error;
    }
  }

  return {
    async begin(address, realm) {
      const key = lockedNetwork(address);
      const party = { group: realm, member: turnNetwork(address) };
      const admission = await inTurn(party, async (transaction): Promise<AddressAdmission> => {
        const { counter, now } = await lockRow(transaction, key);
        const lostAt = now + lostAfterSeconds * 1_000;
        const answer = admit(counter, rule, now, lostAt);
        switch (answer.kind) {
          case 'wait':
            return answer;
          case 'locked':
            if (answer.counter) await write(transaction, key, answer.counter);
            return { kind: 'locked', seconds: Math.ceil((answer.until - now) / 1_000) };
          case 'admitted':
            await write(transaction, key, answer.counter);
            return { kind: 'admitted', attempt: { end: (outcome) => end(key, party, lostAt, outcome) } };
        }
      });
      if (admission.kind === 'admitted') await forgetOldAddresses(central);
      return admission;
    },
  };

  async function end(key: string, party: Party, lostAt: number, outcome: AttemptOutcome): Promise<void> {
    await inTurn(party, async (transaction) => {
      const { counter, now } = await lockRow(transaction, key);
      await write(transaction, key, settle(counter, rule, now, lostAt, outcome));
    });
  }
}

/** Reads an address's counter and locks it until the end of the transaction. */
async function lockRow(transaction: CentralDatabase, key: string): Promise<ReadCounter> {
  const rows = await transaction.$queryRaw`
    INSERT INTO login_addresses (address) VALUES (${key})
    ON CONFLICT (address) DO UPDATE SET address = EXCLUDED.address
    RETURNING ${counterSelection(counterColumns)}`;
  const row = parseCounter(rows);
  if (!row) throw new Error('The counter of an address could not be written.');
  return row;
}

async function write(transaction: CentralDatabase, key: string, counter: AttemptCounter): Promise<void> {
  await transaction.$executeRaw`
    UPDATE login_addresses SET ${counterAssignments(counterColumns, counter)} WHERE address = ${key}`;
}

/** Removes some of what is as good as unknown: more than an attempt can add, so that the table does not grow without end. */
async function forgetOldAddresses(central: CentralDatabase): Promise<void> {
  await central.$executeRaw`
    DELETE FROM public.login_addresses WHERE address IN (
      SELECT address FROM public.login_addresses
      WHERE last_failure_at < now() - make_interval(secs => ${2 * longestLockSeconds})
        AND (locked_until IS NULL OR locked_until < now() - make_interval(secs => ${longestLockSeconds}))
      ORDER BY last_failure_at LIMIT 10 FOR UPDATE SKIP LOCKED
    )`;
}

/**
 * The network whose attempts are counted together: an IPv4 address, or the /64 network of an IPv6 one, all of whose addresses belong to
 * whoever has one of them (RFC 6177).
 */
export function lockedNetwork(address: string): string {
  return networkOf(address, 64);
}

/**
 * Returns the party that takes turns: an IPv4 address, or the /48 network of an IPv6 one. A single site may have all of
 * its /64 networks (RFC 6177), and would otherwise have a turn for each.
 */
export function turnNetwork(address: string): string {
  return networkOf(address, 48);
}

/** Returns an IPv4 address as it is, and for an IPv6 one its network of that many bits. */
function networkOf(address: string, bits: number): string {
  if (!ipaddr.isValid(address)) return address.slice(0, 64);
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6) {
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${bits}`).toString()}/${bits}`;
  }
  return parsed.toString();
}
