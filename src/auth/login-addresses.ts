import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import type { CentralDatabase } from '../db/identity-database.ts';
import { type LockoutPolicy, longestLockSeconds } from './lockout.ts';

/** Counts the sign-ins that fail from one address, whatever tenant and account they were for. */
export interface LoginAddresses {
  /**
   * Counts an attempt as failed before it is checked.
   * @returns for how many more seconds the address is locked; 0 when the attempt may be made.
   */
  countAttempt(address: string): Promise<number>;
  /** Takes one counted failure back, because the attempt has succeeded. */
  forgive(address: string): Promise<void>;
}

/** Makes the counter in the central database, where every process sees it. */
export function createLoginAddresses(
  central: CentralDatabase,
  { addressFailureLimit, lockSeconds }: LockoutPolicy,
): LoginAddresses {
  return {
    async countAttempt(address) {
      const key = lockedNetwork(address);
      // Failures are forgotten together after a quiet time, locks after a day: each in a row is twice as long.
      const rows = await central.$queryRaw`
        INSERT INTO public.login_addresses AS known (address, failures) VALUES (${key}, 1)
        ON CONFLICT (address) DO UPDATE SET
          failures = CASE
            WHEN known.locked_until > now() THEN known.failures
            WHEN known.last_failure_at < now() - make_interval(secs => ${lockSeconds}) OR known.locked_until IS NOT NULL THEN 1
            ELSE known.failures + 1
          END,
          lock_count = CASE
            WHEN GREATEST(known.last_failure_at, known.locked_until) < now() - make_interval(secs => ${longestLockSeconds}) THEN 0
            WHEN known.locked_until IS NULL AND known.failures + 1 > ${addressFailureLimit}
              AND known.last_failure_at >= now() - make_interval(secs => ${lockSeconds}) THEN known.lock_count + 1
            ELSE known.lock_count
          END,
          locked_until = CASE
            WHEN known.locked_until > now() THEN known.locked_until
            WHEN known.locked_until IS NULL AND known.failures + 1 > ${addressFailureLimit}
              AND known.last_failure_at >= now() - make_interval(secs => ${lockSeconds})
            THEN now() + make_interval(
              secs => LEAST(${lockSeconds} * 2 ^ LEAST(known.lock_count, 20), ${longestLockSeconds}))
          END,
          last_failure_at = CASE WHEN known.locked_until > now() THEN known.last_failure_at ELSE now() END
        RETURNING COALESCE(CEIL(EXTRACT(EPOCH FROM locked_until - now()::timestamptz(3))), 0)::int AS seconds`;
      await forgetOldAddresses(central);
      return z.tuple([z.object({ seconds: z.int() })]).parse(rows)[0].seconds;
    },
    async forgive(address) {
      await central.$executeRaw`
        UPDATE public.login_addresses SET failures = GREATEST(failures - 1, 0)
        WHERE address = ${lockedNetwork(address)} AND locked_until IS NULL`;
    },
  };
}

/** Removes some of what is as good as unknown: more than an attempt can add, so that the table does not grow without end. */
async function forgetOldAddresses(central: CentralDatabase): Promise<void> {
  await central.$executeRaw`
    DELETE FROM public.login_addresses WHERE address IN (
      SELECT address FROM public.login_addresses
      WHERE last_failure_at < now() - make_interval(secs => ${2 * longestLockSeconds})
      ORDER BY last_failure_at LIMIT 10 FOR UPDATE SKIP LOCKED
    )`;
}

/**
 * What is counted together: an IPv4 address, or the /64 network of an IPv6 one, all of whose addresses belong to
 * whoever has one of them (RFC 6177).
 */
export function lockedNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address.slice(0, 64);
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6) {
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
  }
  return parsed.toString();
}
