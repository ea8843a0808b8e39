import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { createAuthentication } from './app/authentication.ts';
import { createGraphQL } from './app/graphql.ts';
import { createPlatformParts } from './app/platform.ts';
import { createServedTenants } from './app/tenants.ts';
import { loadSigningKeys } from './auth/signing-keys.ts';
import { endsWithin } from './concurrency/ends-within.ts';
import { openTogether, type Use } from './concurrency/open-together.ts';
import { sharedRun } from './concurrency/shared-run.ts';
import type { ServerConfiguration } from './config/environment.ts';
import { assertCentralIsReady } from './db/central-readiness.ts';
import type { ConnectionStatistics } from './db/connections/tenant-connections.ts';
import { createLostConnections } from './db/lost-connections.ts';
import { createExecutor, type ExecuteOperation } from './graphql/execute-operation.ts';
import { programBuild } from './graphql/response-cache/program-build.ts';
import { createDirectHandler, type DirectHandler } from './http/direct-handler.ts';
import { createGraphiQL } from './http/graphiql/graphiql.ts';
import { checkHealth } from './http/health.ts';
import { createHttpHandler, type HttpHandler } from './http/http-handler.ts';
import type { Logger } from './logging/logger.ts';
import { schema } from './schema.ts';
import { openFleet } from './tenancy/fleet/open-fleet.ts';
import type { ProvisioningWorker } from './tenancy/platform/provisioning-worker.ts';
import type { TenantEntries } from './tenancy/platform/tenant-entries.ts';
import type { TenantClientPoolStatistics } from './tenancy/tenant-client-pool.ts';
import type { TenantDirectory } from './tenancy/tenant-directory.ts';
import { warnOfUnencryptedTenants } from './tenancy/unencrypted-tenants.ts';

/** Requests still running after this long are cut off when the process stops. */
const drainMilliseconds = 10_000;

/** The program as it stands beside this file, with the versions of what it depends on. */
function readBuild(): string {
  return JSON.stringify([packageJson, programBuild(fileURLToPath(new URL('.', import.meta.url)))]);
}

/** The whole application, without a network. */
export interface App {
  /** Answers any HTTP request. */
  readonly fetch: HttpHandler;
  /** Answers plain GraphQL requests, without the fetch API. */
  readonly direct: DirectHandler;
  /**
   * Checks that the central database works, and starts to complete the work that waits in it.
   * @throws {CentralDatabaseError} when it does not answer, or is not migrated.
   */
  ready(): Promise<void>;
  /** Runs the provisioning jobs that managers have requested. */
  readonly provisioning: ProvisioningWorker;
  /** Records managers' entries into tenants, and completes those that were cut off. */
  readonly entries: TenantEntries;
  /** For scripts and tests that change tenants in this process. */
  readonly directory: TenantDirectory;
  tenantClientStatistics(): TenantClientPoolStatistics;
  connectionStatistics(): ConnectionStatistics;
  /** Waits for running requests and for work under way, for a limited time, then closes every connection. */
  close(): Promise<void>;
}

/** Parts that tests replace. */
export interface AppParts {
  readonly execute?: ExecuteOperation;
}

/**
 * Builds everything once, from the configuration and the key files that it names.
 * @throws {ConfigurationError} when a key can't be used.
 */
export function createApp(
  configuration: ServerConfiguration,
  logger: Logger,
  { execute = createExecutor(schema) }: AppParts = {},
): App {
  const { opened, release } = openTogether((use) => openApp(use, configuration, logger, execute));
  return { ...opened, close: release };
}

function openApp(
  use: Use,
  configuration: ServerConfiguration,
  logger: Logger,
  execute: ExecuteOperation,
): Omit<App, 'close'> {
  const signingKeys = loadSigningKeys(configuration.tokens.keys);
  const lostConnections = createLostConnections(logger);
  // Work that was cut off may hold a connection.
  const fleet = use(
    openFleet(configuration, logger, lostConnections),
    async (opened) => void (await endsWithin(drainMilliseconds, opened.close())),
  );
  const { central } = fleet.tools;
  const tenants = createServedTenants(fleet, configuration, lostConnections, logger);
  const platform = createPlatformParts(fleet, tenants, logger);
  use({ tenants, platform }, async () => {
    await Promise.all([tenants.clients.close(drainMilliseconds), platform.close(drainMilliseconds)]);
  });
  const { graphql, imports, metrics } = use(
    createGraphQL(
      {
        fleet,
        tenants,
        sessions: createAuthentication(signingKeys, fleet, tenants.directory, configuration),
        platform: platform.platform,
        execute,
        build: readBuild,
      },
      configuration,
      logger,
    ),
    (parts) => {
      lostConnections.ignore();
      parts.close();
    },
  );
  return {
    fetch: createHttpHandler({
      name: packageJson.name,
      version: packageJson.version,
      graphql,
      imports,
      graphiql: configuration.debug ? createGraphiQL() : null,
      metrics,
      metricsToken: configuration.metricsToken,
      publicKeys: signingKeys.publicKeys,
      checkHealth: sharedRun(() => checkHealth(central, fleet.cache, tenants.clients.statistics(), logger)),
      logger,
    }),
    direct: createDirectHandler(graphql.direct, logger),
    async ready() {
      await assertCentralIsReady(central);
      await platform.announce();
      const { requireTls } = configuration.secrets;
      if (requireTls || configuration.environment === 'production') {
        await warnOfUnencryptedTenants(central, requireTls, logger);
      }
      platform.start();
    },
    provisioning: platform.provisioning,
    entries: platform.entries,
    directory: tenants.directory,
    tenantClientStatistics: () => tenants.clients.statistics(),
    connectionStatistics: () => tenants.connections.statistics(),
  };
}
