import { FolderInUseError } from '@cxg/embedded-postgres';
import { withFleetTools } from '../scripts/support/fleet-tools.ts';
import {
  announceServer,
  dataFolder,
  findRunningServer,
  type ServerAnnouncement,
} from '../scripts/support/running-server.ts';
import { print, runScript, script, UsageError } from '../scripts/support/script.ts';
import { createApp } from '../src/app.ts';
import {
  readFleetConfiguration,
  readServerConfiguration,
  sharedVariables,
} from '../src/config/environment.ts';
import { type EnvironmentSources, environmentSources, isSet } from '../src/config/process-environment.ts';
import { isProduction, readCentralMigrationConfiguration } from '../src/config/script-environment.ts';
import { onStopRequest } from '../src/config/stop-requests.ts';
import { type ListeningServer, listen } from '../src/http/listen.ts';
import { describePortTaken } from '../src/http/port-taken.ts';
import { createLogger } from '../src/logging/logger.ts';
import { migrateCentralDatabase } from '../src/tenancy/central-migration.ts';
import { demoManager, ensureDemoManager, hasOtherAccounts } from './support/demo-manager.ts';
import { demoPassword, demoTenants, ensureDemoTenants } from './support/demo-tenants.ts';
import { startDevelopmentDatabase } from './support/development-database.ts';
import { developmentEnvironment, namesCentralDatabase } from './support/development-environment.ts';
import { developmentSecrets } from './support/development-secrets.ts';
import { describeLackingMigrations } from './support/lacking-migrations.ts';

const program = script(
  'dev',
  `Runs everything on this machine: PostgreSQL from npm with its data under .data/, the central database, two
demo tenants, a demo manager, and the server with GraphiQL. With CENTRAL_ADMIN_DATABASE_URL it uses that server instead,
and adds the demo only where there are no other tenants and managers.

While it runs, the scripts find it and work on its databases. It ignores database URLs and keys in .env, and lists
what it ignores.`,
);

/** The functions that stop what was started, latest first. */
const running: (() => Promise<void>)[] = [];

/** Lets the scripts of this folder find the server. */
let announcement: ServerAnnouncement | null = null;

await runScript(program, async () => {
  // Ignores the signal's name, which is the first argument.
  const stopRequested = new Promise<void>((resolve) => onStopRequest(() => resolve()));
  const starting = start();
  try {
    const started = await Promise.race([starting, stopRequested]);
    if (started) {
      printWelcome(started);
      await stopRequested;
    }
    print('\nStopping …');
  } finally {
    await announcement?.stopping();
    // If it is stopped halfway, the start continues and opens more: only what has been opened can be closed.
    await starting.catch(() => undefined);
    while (running.length > 0) await running.pop()?.();
  }
  return 0;
});

/** A listening server, and whether it has the demo accounts. */
interface Started {
  readonly server: ListeningServer;
  readonly hasDemo: boolean;
  /** Advice about tenants whose databases lack migrations, or null. */
  readonly lacking: string | null;
  /** The ignored variables in `.env`. */
  readonly ignored: readonly string[];
}

async function start(): Promise<Started> {
  if (isProduction()) {
    throw new UsageError(
      'ENVIRONMENT is production: the demo accounts have a well-known password and are for development only.',
    );
  }
  const sources = environmentSources();
  const usesNamed = namesCentralDatabase(sources);
  // First, because it also explains why that server can't be used, or what takes so long.
  print(usesNamed ? describeNamedDatabase(sources) : 'Starting PostgreSQL from npm …');
  const embedded = usesNamed ? null : await startDevelopmentDatabase(dataFolder).catch(explainInUse);
  if (embedded) running.push(() => embedded.stop());
  const announced = await announceServer(embedded !== null);
  announcement = announced;
  // Last, because until then it reports that the server is stopping.
  if (announced) running.unshift(() => announced.withdraw());
  const secrets = await developmentSecrets(`${dataFolder}/secrets.json`);
  const { environment, ignored } = developmentEnvironment(sources, secrets, embedded?.environment ?? null);
  const configuration = readServerConfiguration(environment);
  const { owner, application } = readCentralMigrationConfiguration(environment);
  await migrateCentralDatabase(owner, application);
  const { hasDemo, lacking } = await withFleetTools(async (tools) => {
    await embedded?.relocateTenants(tools.central);
    // The demo's password is well known.
    const isForDemo = embedded !== null || !(await hasOtherAccounts(tools.central));
    if (isForDemo) {
      await ensureDemoTenants(tools);
      await ensureDemoManager(tools);
    }
    return { hasDemo: isForDemo, lacking: await describeLackingMigrations(tools.central) };
  }, readFleetConfiguration(environment));

  const app = createApp(configuration, createLogger(configuration.logging));
  running.push(() => app.close());
  await app.ready();
  const { host, port, trustedProxies, keepAliveSeconds } = configuration;
  const server = await listen(app, host, port, {
    trustedProxies,
    keepAliveSeconds,
  }).catch((error: unknown) => {
    const problem = describePortTaken(error, port);
    throw problem === null ? error : new UsageError(problem);
  });
  running.push(() => server.close());
  const shared = Object.entries(environment).filter(([name]) => sharedVariables.includes(name));
  await announced?.serving(endpointOf(server), Object.fromEntries(shared));
  return { server, hasDemo, lacking, ignored };
}

function describeNamedDatabase({ own }: EnvironmentSources): string {
  const place = isSet(own.CENTRAL_ADMIN_DATABASE_URL) ? 'the environment' : '.env';
  return `Using the server of CENTRAL_ADMIN_DATABASE_URL in ${place}; without it, PostgreSQL from npm.`;
}

/** @throws {UsageError} when it is this folder's server that has the database; PostgreSQL's folder may be elsewhere. */
async function explainInUse(error: unknown): Promise<never> {
  const server = error instanceof FolderInUseError ? await findRunningServer() : 'none';
  if (server === 'none' || server === 'elsewhere') throw error;
  throw new UsageError('The development server of this folder is already running: use it, or stop it first.');
}

function endpointOf({ port }: ListeningServer): string {
  return `http://localhost:${port}/graphql`;
}

function printWelcome({ server, hasDemo, lacking, ignored }: Started): void {
  print(`
  GraphQL and GraphiQL   ${endpointOf(server)}
  Health                 http://localhost:${server.port}/health/detailed
`);
  if (ignored.length > 0) {
    print(`  Ignored in .env: ${ignored.join(', ')}. The development database has its own under ${dataFolder}/.
`);
  }
  if (lacking !== null) print(`  ${lacking}\n`);
  if (hasDemo) printDemo();
  else {
    print(`  The database of CENTRAL_ADMIN_DATABASE_URL has tenants or managers that are not the demo's: no demo data was added.
`);
  }
  print('  Ctrl-C stops everything; the data is kept.\n');
}

function printDemo(): void {
  print(`\
  Sign in at the top of GraphiQL, or with the mutation login(input: {tenantKey, username, password}):
${demoTenants.map(({ tenantKey, companyName }) => `    tenant ${tenantKey} (${companyName})`).join('\n')}
    username admin (role tenant_admin, every permission), or john (role tenant_user: people, own leave and attendance)
    password ${demoPassword}
  Managers of the platform leave the tenantKey out: username ${demoManager.username}, the same password
`);
}
