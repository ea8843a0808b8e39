import { z } from 'zod';
import { section, variable } from './section.ts';
import { wholeNumber } from './types.ts';

/** The limits at which failed sign-ins lock an account or an address, and the lifetime of cached sessions. */
export const signIn = section(
  z.object({
    lockout: z.object({
      failureLimit: variable('LOGIN_FAILURE_LIMIT', wholeNumber(1, 100).prefault(5)),
      addressFailureLimit: variable('LOGIN_ADDRESS_FAILURE_LIMIT', wholeNumber(1, 100_000).prefault(50)),
      lockSeconds: variable(
        'LOGIN_LOCK_MINUTES',
        wholeNumber(1, 24 * 60)
          .transform((minutes) => minutes * 60)
          .prefault(15),
      ),
    }),
    sessionCacheSeconds: variable('SESSION_CACHE_TTL', wholeNumber(1, 300).prefault(10)),
  }),
  (read) => read,
);
