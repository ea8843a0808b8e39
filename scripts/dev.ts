import { createApp } from '../src/app.ts';
import {
  hasDevelopmentDatabase,
  isProduction,
  processEnvironment,
  readCentralMigrationConfiguration,
  readFleetConfiguration,
  readServerConfiguration,
} from '../src/config/environment.ts';
import { onStopRequest } from '../src/config/stop-requests.ts';
import { parseDatasourceUrl } from '../src/db/datasource.ts';
import { type ListeningServer, listen } from '../src/http/listen.ts';
import { createLogger } from '../src/logging/logger.ts';
import { migrateCentralDatabase } from '../src/tenancy/central-migration.ts';
import { demoManager, ensureDemoManager } from '../src/tenancy/demo-manager.ts';
import { demoPassword, demoTenants, ensureDemoTenants } from '../src/tenancy/demo-tenants.ts';
import { startDevelopmentDatabase } from './support/development-database.ts';
import { developmentSecrets } from './support/development-secrets.ts';
import { withFleetTools } from './support/fleet-tools.ts';
import { print, runScript, script, UsageError } from './support/script.ts';

const program = script(
  'dev',
  `Runs everything on this machine: PostgreSQL from npm with its data under .data/, the central database, two
demo tenants, a demo manager, and the server with GraphiQL. With CENTRAL_ADMIN_DATABASE_URL it uses that server instead.`,
);

const dataFolder = '.data';

/** What has to be stopped, last started first. */
const running: (() => Promise<void>)[] = [];

await runScript(program, async () => {
  const stopRequested = new Promise<void>(onStopRequest);
  const starting = start();
  try {
    const server = await Promise.race([starting, stopRequested]);
    if (server) {
      printWelcome(server);
      await stopRequested;
    }
    print('\nStopping …');
  } finally {
    // Stopped halfway, the start goes on and opens more: only what has been opened can be closed.
    await starting.catch(() => undefined);
    while (running.length > 0) await running.pop()?.();
  }
  return 0;
});

async function start(): Promise<ListeningServer> {
  if (isProduction()) {
    throw new UsageError(
      'ENVIRONMENT is production: the demo accounts have a password that everybody knows, and are for development.',
    );
  }
  const embedded = hasDevelopmentDatabase() ? null : await startDevelopmentDatabase(dataFolder);
  if (embedded) running.push(() => embedded.stop());
  const environment = {
    LOG_FORMAT: 'text',
    LOG_LEVEL: 'warn',
    ...(await developmentSecrets(`${dataFolder}/secrets.json`)),
    ...processEnvironment(),
    ...embedded?.environment,
  };
  const configuration = readServerConfiguration(environment);
  const { ownerUrl, applicationUrl } = readCentralMigrationConfiguration(environment);
  await migrateCentralDatabase(parseDatasourceUrl(ownerUrl), parseDatasourceUrl(applicationUrl).user);
  await withFleetTools(async (tools) => {
    await embedded?.relocateTenants(tools.central);
    await ensureDemoTenants(tools);
    await ensureDemoManager(tools.central);
  }, readFleetConfiguration(environment));

  const app = createApp(configuration, createLogger(configuration.logging));
  running.push(() => app.close());
  await app.ready();
  const { host, port, trustedProxies, keepAliveSeconds } = configuration;
  const server = await listen(app.fetch, host, port, {
    trustedProxies,
    keepAliveSeconds,
  }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new UsageError(`Port ${port} is taken. Stop what uses it, or set API_PORT.`);
    }
    throw error;
  });
  running.push(() => server.close());
  return server;
}

function printWelcome({ port }: ListeningServer): void {
  const base = `http://localhost:${port}`;
  print(`
  GraphQL and GraphiQL   ${base}/graphql
  Health                 ${base}/health/detailed

  Sign in with the mutation login(input: {tenantKey, username, password}):
${demoTenants.map(({ tenantKey, companyName }) => `    tenant ${tenantKey} (${companyName})`).join('\n')}
    username admin (role tenant_admin, every permission), or john (role tenant_user, users:read)
    password ${demoPassword}
  Managers of the platform leave the tenantKey out: username ${demoManager.username}, the same password

  Ctrl-C stops everything; the data stays in .data/.
`);
}
