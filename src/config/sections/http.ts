import proxyAddress from 'proxy-addr';
import { z } from 'zod';
import { describeOriginFault } from '../allowed-origins.ts';
import { section, variable } from './section.ts';
import { commaSeparated, is, optional, wholeNumber } from './types.ts';

/** Our own applications, as they run on a developer's machine. */
const defaultOrigins: readonly string[] = ['http://localhost:8200', 'http://localhost:8300'];

/** Reports each fault by the entry's position in the list, without its value. */
const origins = commaSeparated.superRefine((entries, issues) => {
  for (const [index, entry] of entries.entries()) {
    const fault = describeOriginFault(entry);
    if (fault !== null) issues.addIssue(`entry ${index + 1} ${fault}`);
  }
});

/** RFC 9110, section 5.1, without `*`: where cookies are allowed, it stands only for itself, and so for nothing. */
const headerName = /^[!#$%&'+.^_`|~0-9A-Za-z-]+$/;

const headers = commaSeparated.refine((names) => names.every((name) => headerName.test(name)), {
  error: 'must be a comma-separated list of names of HTTP headers, without *',
});

const proxies = commaSeparated.refine(areProxies, {
  error:
    'must be a comma-separated list of addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
});

function areProxies(entries: readonly string[]): boolean {
  try {
    proxyAddress.compile([...entries]);
    return true;
  } catch {
    return false;
  }
}

/** The address that the server listens on, the pages that may use it, and how much it takes on at once. */
export const http = section(
  z.object({
    host: variable('API_HOST', z.string().prefault('0.0.0.0')),
    port: variable('API_PORT', wholeNumber(0, 65_535).prefault(8100)),
    debug: variable('DEBUG', optional(z.stringbool())),
    trustedProxies: variable('TRUSTED_PROXIES', proxies.prefault('')),
    allowedOrigins: variable('ALLOWED_ORIGINS', optional(origins)),
    allowedHeaders: variable('ALLOWED_HEADERS', headers.prefault('')),
    keepAliveSeconds: variable('HTTP_KEEP_ALIVE_SECONDS', wholeNumber(1, 3_600).prefault(75)),
    requestTurns: z.object({
      delayTargetMilliseconds: variable('EVENT_LOOP_DELAY_TARGET_MS', wholeNumber(1, 1_000).prefault(5)),
      waitMilliseconds: variable('REQUEST_WAIT_LIMIT_MS', wholeNumber(100, 30_000).prefault(2_000)),
    }),
    requestBodyLimitBytes: variable(
      'REQUEST_BODY_LIMIT_BYTES',
      wholeNumber(1_024, 100 * 1_024 * 1_024).prefault(1_048_576),
    ),
    metricsToken: variable('METRICS_TOKEN', optional(z.string().min(16, 'must have at least 16 characters'))),
    isProduction: variable('ENVIRONMENT', is('production')),
    isDevelopment: variable('ENVIRONMENT', is('development').prefault('development')),
  }),
  ({ isProduction, isDevelopment, ...read }) => ({
    ...read,
    debug: read.debug ?? !isProduction,
    allowedOrigins: read.allowedOrigins ?? defaultOrigins,
    allowsLoopbackOrigins: isDevelopment && read.allowedOrigins === undefined,
  }),
);
