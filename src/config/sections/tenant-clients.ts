import { z } from 'zod';
import { section, variable } from './section.ts';
import { optional, wholeNumber } from './types.ts';

/** The clients and connections that a server keeps open to tenants' databases. */
export const tenantClients = section(
  z.object({
    tenantClients: z.object({
      capacity: variable('TENANT_CLIENT_CAPACITY', wholeNumber(1, 10_000).prefault(200)),
      idleSeconds: variable('TENANT_CONNECTION_CACHE_TTL', wholeNumber(1, 7 * 86_400).prefault(3_600)),
    }),
    tenantConnections: z.object({
      budget: variable('CONNECTION_BUDGET', optional(wholeNumber(1, 10_000))),
      timeoutSeconds: variable('TENANT_CONNECTION_TIMEOUT', wholeNumber(1, 60).prefault(10)),
    }),
  }),
  (read) => read,
);
