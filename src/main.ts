import { endsWithin } from './concurrency/ends-within.ts';
import { ConfigurationError } from './config/configuration-error.ts';
import { readServerConfiguration } from './config/environment.ts';
import { onStopRequest } from './config/stop-requests.ts';
import { CentralDatabaseError } from './db/central-readiness.ts';
import { createLogger } from './logging/logger.ts';

/** Supervisors commonly kill what has not ended 30 seconds after they have asked for it. */
const stopMilliseconds = 28_000;

/** The functions that close what was opened, latest first. */
const running: (() => Promise<void>)[] = [];
let stopping = false;

// Before the application is loaded: as a container's first process, this one would ignore the signals until then.
onStopRequest(() => void stop());

try {
  await serve();
} catch (error) {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
}

async function serve(): Promise<void> {
  const configuration = readServerConfiguration();
  const logger = createLogger(configuration.logging);
  running.push(async () => logger.info('Stopped'));
  // Loaded here, so that a wrong environment is told at once and a signal need not wait.
  const [{ createApp }, { listen }, { describePortTaken }] = await Promise.all([
    import('./app.ts'),
    import('./http/listen.ts'),
    import('./http/port-taken.ts'),
  ]);
  const app = createApp(configuration, logger);
  running.push(() => app.close());
  await app.ready();
  const { host, port, trustedProxies, keepAliveSeconds } = configuration;
  const server = await listen(app, host, port, {
    trustedProxies,
    keepAliveSeconds,
    onUntrustedProxy: (proxy) =>
      logger.warn(
        { proxy },
        'Requests come through a proxy that TRUSTED_PROXIES does not name: all of its clients count as one address, and are locked out together. Set TRUSTED_PROXIES to its address or network',
      ),
  }).catch((error: unknown) => {
    const problem = describePortTaken(error, port);
    throw problem === null ? error : new ConfigurationError(problem);
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
  if (error instanceof ConfigurationError || error instanceof CentralDatabaseError) return error.message;
  return `The server could not start: ${error instanceof Error ? error.message : String(error)}`;
}
