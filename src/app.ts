import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { createDeviceTokens } from './auth/devices/device-tokens.ts';
import { lockoutRules } from './auth/lockout.ts';
import { createLoginAddresses } from './auth/login-addresses.ts';
import { createPasswordQueue } from './auth/password-queue.ts';
import { createLiveSessions, managersRealm } from './auth/sessions/live-sessions.ts';
import { createSignInGate } from './auth/sign-in-gate.ts';
import { loadSigningKeys } from './auth/signing-keys.ts';
import { createTokenIssuer } from './auth/token-issuer.ts';
import { createTokenVerifier } from './auth/token-verifier.ts';
import { createSharedCache } from './cache/index.ts';
import { endsWithin } from './concurrency/ends-within.ts';
import { createLoopTurns } from './concurrency/loop-turns.ts';
import { sharedRun } from './concurrency/shared-run.ts';
import { createOriginMatcher } from './config/allowed-origins.ts';
import { parseDatasourceUrl } from './config/datasource.ts';
import type { ServerConfiguration } from './config/environment.ts';
import { centralConnections, createCentralClient } from './db/central-client.ts';
import { assertCentralIsReady } from './db/central-readiness.ts';
import { type ConnectionStatistics, createTenantConnections } from './db/connections/tenant-connections.ts';
import { openTenantClient } from './db/tenant-client.ts';
import { createExecutor, type ExecuteOperation } from './graphql/execute-operation.ts';
import { programBuild } from './graphql/response-cache/program-build.ts';
import { createResponseCache } from './graphql/response-cache/response-cache.ts';
import { createDirectHandler, type DirectHandler } from './http/direct-handler.ts';
import { createGraphiQL } from './http/graphiql/graphiql.ts';
import { createGraphQLServer } from './http/graphql-server.ts';
import { checkHealth } from './http/health.ts';
import { createHttpHandler, type HttpHandler } from './http/http-handler.ts';
import { createMetrics } from './http/metrics.ts';
import { createRefusedOriginReport } from './http/refused-origins.ts';
import { createRequestPipeline } from './http/request-pipeline.ts';
import type { Logger } from './logging/logger.ts';
import { schema } from './schema.ts';
import { createApiProcess } from './tenancy/api-processes.ts';
import { createDirectorySeal } from './tenancy/directory-seal.ts';
import { planLimiter } from './tenancy/plan-limits.ts';
import { createPlatform } from './tenancy/platform/platform.ts';
import { createProvisioningWorker, type ProvisioningWorker } from './tenancy/platform/provisioning-worker.ts';
import { createTenantEntries, type TenantEntries } from './tenancy/platform/tenant-entries.ts';
import { createFirstPasswordSweep } from './tenancy/provisioning/first-passwords.ts';
import { createTenantSecrets } from './tenancy/secrets/tenant-secrets.ts';
import { tenantTarget } from './tenancy/tenant.ts';
import { createTenantAccess } from './tenancy/tenant-access.ts';
import { createTenantClientPool, type TenantClientPoolStatistics } from './tenancy/tenant-client-pool.ts';
import { createTenantDirectory, type TenantDirectory } from './tenancy/tenant-directory.ts';
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
  /** Makes the tenants that managers have asked for. */
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
  const signingKeys = loadSigningKeys(configuration.tokens.keys);
  let closing = false;
  const reportLost = (whose: string) => (error: Error) => {
    // The pools end before their last connections do, and a server that is being stopped as well may cut those off.
    if (!closing) logger.warn({ err: error }, `A connection to ${whose} was lost`);
  };
  const central = createCentralClient(configuration.centralDatabaseUrl, reportLost('the central database'));
  const cache = createSharedCache(configuration, logger);
  const directory = createTenantDirectory(central, cache, {
    freshSeconds: configuration.tenantDirectoryCacheSeconds,
    staleSeconds: configuration.redisCacheSeconds,
    seal: createDirectorySeal(configuration.secrets),
    onForgery: (tenantKey) =>
      logger.warn(
        { alarm: 'DIRECTORY_ENTRY_FORGED', tenantKey },
        'Redis holds an entry of the tenant directory that is not of this fleet, and it is not believed. A server of an older version or with another CREDENTIALS_ENCRYPTION_KEY has written it, or a stranger.',
      ),
  });
  const { budget, timeoutSeconds } = configuration.tenantConnections;
  const { planLimits, poolSize } = configuration.tenantLimits;
  const connections = createTenantConnections({
    budget,
    central: { ...parseDatasourceUrl(configuration.centralDatabaseUrl), connections: centralConnections },
    timeoutSeconds,
    limitsBelongTo: 'role',
    onConnectionError: reportLost('a tenant database'),
    onMismatch: ({ expected, found, message }) =>
      logger.error({ alarm: 'TENANT_MISMATCH', expected, found }, message),
  });
  const clients = createTenantClientPool(
    (target) => openTenantClient(target, target.limits, connections),
    configuration.tenantClients,
    (error) => logger.warn({ err: error }, 'A tenant client did not close cleanly'),
  );
  const apiProcess = createApiProcess(central, (processes) => connections.share(processes), logger);
  const secrets = createTenantSecrets(configuration.secrets, logger);
  const limitsOf = planLimiter(planLimits, poolSize);
  const tenants = createTenantAccess(directory, secrets, clients, limitsOf);
  const provisioningTools = {
    central,
    centralDatabaseUrl: configuration.centralDatabaseUrl,
    tenantAdminDatasource: configuration.tenantAdminDatasource,
    tenantTls: configuration.tenantTls,
    limitsOf,
    secrets,
    invalidate: (tenantKey: string) => directory.invalidate(tenantKey),
    production: configuration.environment === 'production',
  };
  const firstPasswords = createFirstPasswordSweep(provisioningTools, logger);
  const provisioning = createProvisioningWorker(provisioningTools, logger);
  const entries = createTenantEntries(central, tenants, logger);
  const live = createLiveSessions(cache, configuration.sessionCacheSeconds);
  const platform = createPlatform({
    tools: provisioningTools,
    entries,
    openPool: async (tenant) => connections.createPool(await tenantTarget(tenant, secrets), limitsOf(tenant)),
    worker: provisioning,
    invalidateManagers: () => live.invalidate(managersRealm),
    logger,
  });
  const responses = createResponseCache({
    schema,
    build: readBuild,
    ttlSeconds: configuration.responseCacheSeconds,
    shared: configuration.redisUrl === undefined ? null : cache,
    encryptionKey: configuration.secrets.encryptionKey,
    onForgery: () =>
      logger.warn(
        { alarm: 'CACHED_ANSWER_FORGED' },
        'Redis holds an answer that is not of this fleet, and it is not believed. A stranger has written it.',
      ),
  });
  const turns = createLoopTurns(configuration.requestTurns);
  const metrics = createMetrics(
    () => clients.statistics(),
    () => connections.statistics(),
    () => responses.statistics(),
    () => turns.statistics(),
  );
  const rules = lockoutRules(configuration.lockout);
  const pipeline = createRequestPipeline(
    tenants,
    {
      issuer: createTokenIssuer(signingKeys, configuration.tokens),
      verifier: createTokenVerifier(signingKeys, configuration.tokens),
      deviceTokens: createDeviceTokens(signingKeys, configuration.tokens),
      rules,
      addresses: createLoginAddresses(central, rules.address),
      gate: createSignInGate((realm) => realm === managersRealm || directory.hasFound(realm)),
      passwords: createPasswordQueue(),
      live,
      central,
    },
    platform,
    turns,
  );
  const graphql = createGraphQLServer({
    schema,
    execute,
    pipeline,
    responses,
    metrics,
    limits: configuration.graphqlLimits,
    bodyLimitBytes: configuration.requestBodyLimitBytes,
    isAllowedOrigin: createOriginMatcher(configuration.allowedOrigins, configuration.allowsLoopbackOrigins),
    onRefusedOrigin: createRefusedOriginReport((origin) =>
      logger.warn(
        { origin },
        origin === 'null'
          ? 'A page without an origin, such as a file or a sandboxed frame, may not use the API: serve it over HTTP'
          : 'A page of this origin may not use the API: if it is an application of yours, add the origin to ALLOWED_ORIGINS',
      ),
    ),
    allowedHeaders: configuration.allowedHeaders,
  });

  return {
    fetch: createHttpHandler({
      name: packageJson.name,
      version: packageJson.version,
      graphql,
      graphiql: configuration.debug ? createGraphiQL() : null,
      metrics,
      metricsToken: configuration.metricsToken,
      publicKeys: signingKeys.publicKeys,
      checkHealth: sharedRun(() => checkHealth(central, cache, clients.statistics(), logger)),
      logger,
    }),
    direct: createDirectHandler(graphql.direct, logger),
    async ready() {
      await assertCentralIsReady(central);
      await apiProcess.start();
      const { requireTls } = configuration.secrets;
      if (requireTls || configuration.environment === 'production') {
        await warnOfUnencryptedTenants(central, requireTls, logger);
      }
      provisioning.start();
      firstPasswords.start();
      entries.start();
    },
    provisioning,
    entries,
    directory,
    tenantClientStatistics: () => clients.statistics(),
    connectionStatistics: () => connections.statistics(),
    async close() {
      closing = true;
      turns.close();
      const work = { provisioning, entries, firstPasswords, apiProcess };
      await Promise.all([
        clients.close(drainMilliseconds),
        ...Object.entries(work).map(async ([name, part]) => {
          if (await endsWithin(drainMilliseconds, part.close())) return;
          logger.warn({ part: name }, 'Work that another process can go on with was cut off');
        }),
      ]);
      secrets.close();
      // Work that was cut off may hold a connection.
      await endsWithin(drainMilliseconds, Promise.all([cache.close(), central.$disconnect()]));
    },
  };
}
