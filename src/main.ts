import { endsWithin } from './concurrency/ends-within.ts';
import { ConfigurationError, readServerConfiguration } from './config/environment.ts';
import { onStopRequest } from './config/stop-requests.ts';
import { isMissingPrivilege, isMissingTable } from './db/database-errors.ts';
import { createLogger } from './logging/logger.ts';

/** Supervisors commonly kill what has not ended 30 seconds after they have asked for it. */
const stopMilliseconds = 28_000;

/** What has to be closed, last opened first. */
const running: (() => Promise<void>)[] = [];
let stopping = false;

// Before the application is loaded: as a container's first process, this one would ignore the signals until then.
onStopRequest(() => void stop());

try {
  await serve();
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigurationError ? error.message : describeStartFailure(error)}\n`,
  );
  process.exit(1);
}

async function serve(): Promise<void> {
  const configuration = readServerConfiguration();
  const logger = createLogger(configuration.logging);
  running.push(async () => logger.info('Stopped'));
  // Loaded here, so that a wrong environment is told at once and a signal need not wait.
  const [{ createApp }, { listen }] = await Promise.all([import('./app.ts'), import('./http/listen.ts')]);
  const app = createApp(configuration, logger);
  running.push(() => app.close());
  await app.ready();
  const { host, port, trustedProxies, keepAliveSeconds } = configuration;
  const server = await listen(app.fetch, host, port, {
    trustedProxies,
    keepAliveSeconds,
    onUntrustedProxy: (proxy) =>
      logger.warn(
        { proxy },
        'Requests come through a proxy that TRUSTED_PROXIES does not name: all of its clients count as one address, and are locked out together. Set TRUSTED_PROXIES to its address or network',
      ),
  });
  running.push(() => server.close());
  logger.info({ port: server.port, environment: configuration.environment }, 'Serving /graphql');
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.exit((await endsWithin(stopMilliseconds, closeAll())) ? 0 : 1);
}

async function closeAll(): Promise<void> {
  while (running.length > 0) await running.pop()?.();
}

function describeStartFailure(error: unknown): string {
  if (isMissingTable(error)) {
    return 'The central database has no tables yet: apply its migrations with "npm run migrate:central".';
  }
  if (isMissingPrivilege(error)) {
    return 'The role of CENTRAL_ADMIN_DATABASE_URL lacks privileges in the central database: "npm run migrate:central" gives it what it needs.';
  }
  const message = error instanceof Error ? error.message : String(error);
  // Prisma puts the calling source before its message.
  return `The server could not start: ${message.trim().split('\n').at(-1)?.trim()}`;
}
