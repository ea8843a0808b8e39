import { createApp } from './app.ts';
import { ConfigurationError, readServerConfiguration } from './config/environment.ts';
import { isMissingTable } from './db/database-errors.ts';
import { listen } from './http/listen.ts';
import { createLogger } from './logging/logger.ts';

try {
  await serve();
} catch (error) {
  const reason = error instanceof ConfigurationError ? error.message : describeStartFailure(error);
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

async function serve(): Promise<void> {
  const configuration = readServerConfiguration();
  const logger = createLogger(configuration.logging);
  const app = createApp(configuration, logger);
  await app.ready();
  const server = await listen(app.fetch, configuration.host, configuration.port);
  logger.info({ port: server.port, environment: configuration.environment }, 'Serving /graphql');

  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'Stopping: finishing the requests under way');
    await server.close();
    await app.close();
    logger.info('Stopped');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function describeStartFailure(error: unknown): string {
  if (isMissingTable(error)) {
    return 'The central database has no tables yet: apply its migrations with "npm run migrate:central".';
  }
  const message = error instanceof Error ? error.message : String(error);
  // Prisma puts the calling source before its message.
  return `The server could not start: ${message.trim().split('\n').at(-1)?.trim()}`;
}
