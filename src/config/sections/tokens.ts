import { z } from 'zod';
import { isPublished, publishedSecretError, secretKeyLength } from './secret-keys.ts';
import { section, variable } from './section.ts';
import { commaSeparated, is, wholeNumber } from './types.ts';

const previousSecretKeys = commaSeparated.refine(
  (secrets) => secrets.every((secret) => secret.length >= secretKeyLength),
  { error: `must be a comma-separated list of keys of at least ${secretKeyLength} characters each` },
);

/** The tokens that are issued, and the keys of earlier ones. */
export const tokens = section(
  z
    .object({
      keys: z.object({
        previousSecretKeys: variable('PREVIOUS_SECRET_KEYS', previousSecretKeys.prefault('')),
        verificationKeyFiles: variable('VERIFICATION_KEY_FILES', commaSeparated.prefault('')),
      }),
      issuer: variable('TOKEN_ISSUER', z.string().trim().prefault('cxg-graphql-api')),
      audience: variable('TOKEN_AUDIENCE', z.string().trim().prefault('cxg-graphql-api')),
      accessTokenSeconds: variable(
        'ACCESS_TOKEN_EXPIRE_MINUTES',
        wholeNumber(1, 24 * 60)
          .transform((minutes) => minutes * 60)
          .prefault(15),
      ),
      refreshTokenSeconds: variable(
        'REFRESH_TOKEN_EXPIRE_DAYS',
        wholeNumber(1, 365)
          .transform((days) => days * 86_400)
          .prefault(7),
      ),
      clockToleranceSeconds: variable('TOKEN_CLOCK_TOLERANCE_SECONDS', wholeNumber(0, 300).prefault(30)),
      isProduction: variable('ENVIRONMENT', is('production')),
    })
    .refine(({ isProduction, keys }) => !isProduction || !keys.previousSecretKeys.some(isPublished), {
      path: ['keys', 'previousSecretKeys'],
      error: publishedSecretError,
    }),
  ({ isProduction: _isProduction, ...read }) => ({ tokens: read }),
);
