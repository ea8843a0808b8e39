import { z } from 'zod';
import { isPublished, publishedSecretError, secretKeyLength } from './secret-keys.ts';
import { section, variable } from './section.ts';
import { is, optional } from './types.ts';

const wanted = `at least ${secretKeyLength} random characters, e.g. from \`openssl rand -base64 48\``;

/** The algorithm decides which variable names the key. */
const signingKey = z.discriminatedUnion('algorithm', [
  z.object({
    algorithm: z.literal('HS256'),
    secretKey: z.string(`is missing: ${wanted}`).min(secretKeyLength, `is too short: use ${wanted}`),
    // Otherwise who forgets ALGORITHM believes to be signing with the file.
    keyFile: z
      .undefined('needs ALGORITHM=EdDSA or RS256; with HS256 it belongs in VERIFICATION_KEY_FILES')
      .optional(),
  }),
  z.object({
    algorithm: z.enum(['EdDSA', 'RS256']),
    keyFile: z.string('is missing: the PEM file of the private key that signs'),
  }),
]);

/** The key that signs tokens. */
export const signing = section(
  z
    .object({
      algorithm: variable(
        'ALGORITHM',
        z.enum(['HS256', 'EdDSA', 'RS256'], 'must be HS256, EdDSA or RS256').prefault('HS256'),
      ),
      secretKey: variable('SECRET_KEY', optional(z.string())),
      keyFile: variable('SIGNING_KEY_FILE', optional(z.string())),
      isProduction: variable('ENVIRONMENT', is('production')),
    })
    .superRefine(({ isProduction, ...read }, issues) => {
      const result = signingKey.safeParse(read);
      for (const { path, message } of result.error?.issues ?? []) {
        issues.addIssue({ code: 'custom', path, message });
      }
      if (isProduction && read.algorithm === 'HS256' && isPublished(read.secretKey ?? '')) {
        issues.addIssue({ code: 'custom', path: ['secretKey'], message: publishedSecretError });
      }
    }),
  (read) => {
    const key = signingKey.parse(read);
    return {
      tokens: {
        keys: {
          signing:
            key.algorithm === 'HS256'
              ? { algorithm: key.algorithm, secretKey: key.secretKey }
              : { algorithm: key.algorithm, keyFile: key.keyFile },
        },
      },
    };
  },
);
