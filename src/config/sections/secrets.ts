import { z } from 'zod';
import { section, variable } from './section.ts';
import { commaSeparated } from './types.ts';

const encryptionKeyFormat = /^[A-Za-z0-9+/]{43}=$/;

const encryptionKey = z
  .string('is missing: 32 random bytes in base64, e.g. from `openssl rand -base64 32`')
  .refine((value) => encryptionKeyFormat.test(value), {
    error: 'must be 32 bytes in base64, e.g. from `openssl rand -base64 32`',
  });

const previousEncryptionKeys = commaSeparated.refine(
  (keys) => keys.every((key) => encryptionKeyFormat.test(key)),
  { error: 'must be a comma-separated list of keys of 32 bytes in base64 each' },
);

const bytesOf = (key: string) => Buffer.from(key, 'base64');

/** Tenants' database passwords: the keys that encrypt them, the store of new ones, and when they may be used. */
export const secrets = section(
  z.object({
    encryptionKey: variable('CREDENTIALS_ENCRYPTION_KEY', encryptionKey.transform(bytesOf)),
    previousEncryptionKeys: variable(
      'PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS',
      previousEncryptionKeys.transform((keys) => keys.map(bytesOf)).prefault(''),
    ),
    store: variable('CREDENTIALS_STORE', z.enum(['database', 'vault']).prefault('database')),
    requireTls: variable('TENANT_DATABASE_REQUIRE_TLS', z.stringbool().prefault('false')),
  }),
  (read) => ({ secrets: read }),
);
