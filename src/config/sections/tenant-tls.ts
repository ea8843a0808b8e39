import { z } from 'zod';
import { tlsParts, tlsSettingsSchema } from '../tls-settings.ts';
import { section, variable } from './section.ts';
import { optional } from './types.ts';

const variables = z.object({
  sslmode: variable('TENANT_DATABASE_SSLMODE', optional(tlsParts.sslmode)),
  sslrootcert: variable('TENANT_DATABASE_SSLROOTCERT', optional(tlsParts.sslrootcert)),
  sslcert: variable('TENANT_DATABASE_SSLCERT', optional(tlsParts.sslcert)),
  sslkey: variable('TENANT_DATABASE_SSLKEY', optional(tlsParts.sslkey)),
});

/** Undefined when nothing is said about it. */
const settings = tlsSettingsSchema.optional();

function given(read: z.output<typeof variables>) {
  const named = Object.entries(read).filter(([, value]) => value !== undefined);
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

/** The use of TLS for new tenants' databases, unless a request says otherwise. */
export const tenantTls = section(
  variables.superRefine((read, issues) => {
    for (const { path, message } of settings.safeParse(given(read)).error?.issues ?? []) {
      issues.addIssue({
        code: 'custom',
        path,
        message: message.replace(/\bssl[a-z]+/g, (part) => `TENANT_DATABASE_${part.toUpperCase()}`),
      });
    }
  }),
  (read) => ({ tenantTls: settings.parse(given(read)) }),
);
