import { randomBytes } from 'node:crypto';
import { type App, createApp } from '../../src/app.ts';
import { readServerConfiguration } from '../../src/config/environment.ts';
import { createLogger } from '../../src/logging/logger.ts';

/** Creates an application whose databases can't be reached, for requests that need none, and keeps its whole log. */
export function createAppWithoutDatabases(overrides: Readonly<Record<string, string>> = {}): {
  readonly app: App;
  readonly log: readonly string[];
} {
  const log: string[] = [];
  const configuration = readServerConfiguration({
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'debug',
    CENTRAL_ADMIN_DATABASE_URL: 'postgresql://nobody:nothing@127.0.0.1:1/nowhere',
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    SECRET_KEY: randomBytes(48).toString('base64'),
    ...overrides,
  });
  const logger = createLogger(configuration.logging, { write: (line) => void log.push(line) });
  return { app: createApp(configuration, logger), log };
}
