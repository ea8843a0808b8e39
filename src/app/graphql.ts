import { createLoopTurns } from '../concurrency/loop-turns.ts';
import { createOriginMatcher } from '../config/allowed-origins.ts';
import type { ServerConfiguration } from '../config/environment.ts';
import type { ExecuteOperation } from '../graphql/execute-operation.ts';
import { createResponseCache, type ResponseCache } from '../graphql/response-cache/response-cache.ts';
import { createCors } from '../http/cors.ts';
import { createGraphQLServer, type GraphQLServer } from '../http/graphql-server.ts';
import { createImportEndpoint, type ImportEndpoint } from '../http/imports/import-endpoint.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { createRefusedOriginReport } from '../http/refused-origins.ts';
import { createRequestPipeline } from '../http/request-pipeline.ts';
import type { Logger } from '../logging/logger.ts';
import { contactImport } from '../modules/contacts/contact.import.ts';
import { customerImport } from '../modules/customers/customer.import.ts';
import { schema } from '../schema.ts';
import type { SessionSettings } from '../sign-in/session-settings.ts';
import type { Fleet } from '../tenancy/fleet/open-fleet.ts';
import type { Platform } from '../tenancy/platform/platform.ts';
import type { ServedTenants } from './tenants.ts';

/** What can be imported from files. */
const imported = [customerImport, contactImport];

/** The dependencies of GraphQL execution. */
export interface GraphQLDependencies {
  readonly fleet: Fleet;
  readonly tenants: ServedTenants;
  readonly sessions: SessionSettings;
  readonly platform: Platform;
  readonly execute: ExecuteOperation;
  /** Returns what tells this program from every other version of it. */
  readonly build: () => string;
}

/** Executes GraphQL operations, and counts them. */
export interface GraphQLParts {
  readonly graphql: GraphQLServer;
  readonly imports: ImportEndpoint;
  readonly metrics: Metrics;
  /** Admits all waiting requests at once. */
  close(): void;
}

/** Creates the GraphQL server, without its paths beside `/graphql`. */
export function createGraphQL(
  { fleet, tenants, sessions, platform, execute, build }: GraphQLDependencies,
  configuration: ServerConfiguration,
  logger: Logger,
): GraphQLParts {
  const responses = createResponses(fleet, build, configuration, logger);
  const turns = createLoopTurns(configuration.requestTurns);
  const metrics = createMetrics(
    () => tenants.clients.statistics(),
    () => tenants.connections.statistics(),
    () => responses.statistics(),
    () => turns.statistics(),
  );
  const pipeline = createRequestPipeline(tenants.access, sessions, platform, turns);
  const isAllowedOrigin = createOriginMatcher(
    configuration.allowedOrigins,
    configuration.allowsLoopbackOrigins,
  );
  const onRefusedOrigin = createRefusedOriginReport((origin) =>
    logger.warn(
      { origin },
      origin === 'null'
        ? 'A page without an origin, such as a file or a sandboxed frame, may not use the API: serve it over HTTP'
        : 'A page of this origin may not use the API: if it is an application of yours, add the origin to ALLOWED_ORIGINS',
    ),
  );
  const cors = createCors(isAllowedOrigin, configuration.allowedHeaders, onRefusedOrigin);
  const graphql = createGraphQLServer({
    schema,
    execute,
    pipeline,
    responses,
    metrics,
    limits: configuration.graphqlLimits,
    bodyLimitBytes: configuration.requestBodyLimitBytes,
    isAllowedOrigin,
    cors,
  });
  const imports = createImportEndpoint({ definitions: imported, pipeline, cors, isAllowedOrigin });
  return { graphql, imports, metrics, close: () => turns.close() };
}

function createResponses(
  { cache }: Fleet,
  build: () => string,
  configuration: ServerConfiguration,
  logger: Logger,
): ResponseCache {
  return createResponseCache({
    schema,
    build,
    ttlSeconds: configuration.responseCacheSeconds,
    shared: configuration.redisUrl === undefined ? null : cache,
    encryptionKey: configuration.secrets.encryptionKey,
    onForgery: () =>
      logger.warn(
        { alarm: 'CACHED_ANSWER_FORGED' },
        'Redis holds an answer that is not of this fleet, and it is not believed. A stranger has written it.',
      ),
  });
}
