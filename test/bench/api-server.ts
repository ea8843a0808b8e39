/** A process that serves the application, on a port of its own choice. */
import { createApp } from '../../src/app.ts';
import { readServerConfiguration } from '../../src/config/environment.ts';
import { listen } from '../../src/http/listen.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { announcePort } from './server-report.ts';

const configuration = readServerConfiguration(process.env);
const app = createApp(configuration, createLogger(configuration.logging));
await app.ready();
const { port } = await listen(app, '127.0.0.1', 0);
announcePort(port);
