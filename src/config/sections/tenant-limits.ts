import { z } from 'zod';
import { section, variable } from './section.ts';
import { wholeNumber } from './types.ts';

const limits = z.object({
  concurrency: z.int().min(1).max(100),
  statementTimeoutSeconds: z.int().min(1).max(600),
});

/** The defaults are for companies of under 50 people, few of whom ever work at the same moment. */
const planLimits = z
  .string()
  .transform((text, issues) => {
    try {
      return JSON.parse(text);
    } catch {
      issues.addIssue('must be JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject({
      starter: limits.default({ concurrency: 3, statementTimeoutSeconds: 10 }),
      pro: limits.default({ concurrency: 5, statementTimeoutSeconds: 15 }),
      enterprise: limits.default({ concurrency: 10, statementTimeoutSeconds: 30 }),
    }),
  );

/** The limits of a tenant's use of its database, and the lifetime of its cached registration. */
export const tenantLimits = section(
  z.object({
    tenantLimits: z.object({
      planLimits: variable('PLAN_LIMITS', planLimits.prefault('{}')),
      poolSize: variable('TENANT_CONNECTION_POOL_SIZE', wholeNumber(1, 100).prefault(5)),
    }),
    tenantDirectoryCacheSeconds: variable('TENANT_DIRECTORY_CACHE_TTL', wholeNumber(1, 3_600).prefault(30)),
  }),
  (read) => read,
);
