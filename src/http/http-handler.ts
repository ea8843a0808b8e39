import { createHash, timingSafeEqual } from 'node:crypto';
import type { PublicKeySet } from '../auth/public-key-set.ts';
import type { Logger } from '../logging/logger.ts';
import { clientClosedRequest, logClientGone, requestIdOf, unexpectedFailure } from './common-answer.ts';
import type { GraphiQL } from './graphiql/graphiql.ts';
import type { GraphQLServer } from './graphql-server.ts';
import type { HealthReport } from './health.ts';
import type { ImportEndpoint } from './imports/import-endpoint.ts';
import type { Metrics } from './metrics.ts';

/** The dependencies of the endpoints. */
export interface HttpHandlerOptions {
  readonly name: string;
  readonly version: string;
  readonly graphql: Pick<GraphQLServer, 'fetch'>;
  readonly imports: ImportEndpoint;
  /** Null when GraphiQL is disabled. */
  readonly graphiql: GraphiQL | null;
  readonly metrics: Metrics;
  /** The bearer token that `/metrics` requires; when undefined, `/metrics` is disabled. */
  readonly metricsToken: string | undefined;
  /** The keys that verify tokens. */
  readonly publicKeys: PublicKeySet;
  readonly checkHealth: () => Promise<HealthReport>;
  readonly logger: Logger;
}

/**
 * Answers an HTTP request to any path. The promise never rejects.
 * @param address the client's address, if there is a network.
 */
export type HttpHandler = (request: Request, address?: string | null) => Promise<Response>;

/**
 * Connection headers. Only the server sets them, since it may be about to close the connection (RFC 9110, section
 * 7.6.1).
 */
const connectionHeaders = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers of a response that is the same for everybody and that any site may read. */
const publicPageHeaders = {
  // Verifiers may cache the keys this long, so a new key must be published for as long before it signs tokens.
  'cache-control': 'public, max-age=300',
  'access-control-allow-origin': '*',
};

/**
 * Creates the handler of all endpoints: `/graphql`, `/import/…`, `/`, `/health`, `/health/detailed`, `/metrics`,
 * `/.well-known/jwks.json`, and GraphiQL’s files.
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const about = { name: options.name, version: options.version };
  const pages: Readonly<Record<string, (request: Request) => Promise<Response> | Response>> = {
    '/': () =>
      Response.json({
        ...about,
        graphql_endpoint: '/graphql',
        health_endpoint: '/health',
        detailed_health_endpoint: '/health/detailed',
        metrics_endpoint: '/metrics',
        jwks_endpoint: '/.well-known/jwks.json',
      }),
    '/health': () => Response.json({ status: 'healthy', version: options.version, api_type: 'graphql' }),
    '/health/detailed': async () => {
      const report = await options.checkHealth();
      return Response.json(
        { ...report, version: options.version },
        { status: report.status === 'healthy' ? 200 : 503 },
      );
    },
    '/metrics': async (request) => {
      if (options.metricsToken === undefined) return notFound();
      if (!bears(request, options.metricsToken)) {
        return Response.json({ error: 'Send the metrics token as a bearer token.' }, { status: 401 });
      }
      const { contentType, body } = await options.metrics.render();
      return new Response(body, { headers: { 'content-type': contentType } });
    },
    '/.well-known/jwks.json': () => Response.json(options.publicKeys, { headers: publicPageHeaders }),
  };

  async function answer(request: Request, requestId: string, address: string | null): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/graphql') {
      if (options.graphiql?.isFor(request)) return options.graphiql.page(request);
      const response = await options.graphql.fetch(request, { requestId, logger: options.logger, address });
      // Overrides the library: an answer may contain any of a tenant's data. An answer with an entity tag is our own,
      // with caching headers of its own.
      if (!response.headers.has('etag')) response.headers.delete('cache-control');
      return response;
    }
    const importing = options.imports.fetch(request, { requestId, logger: options.logger, address });
    if (importing) return importing;
    const page = Object.hasOwn(pages, pathname) ? pages[pathname] : await options.graphiql?.file(pathname);
    if (!page) return notFound();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return Response.json({ error: 'Use GET.' }, { status: 405, headers: { allow: 'GET, HEAD' } });
    }
    return page(request);
  }

  return async (request, address = null) => {
    const requestId = requestIdOf(request.headers);
    let response: Response;
    try {
      response = await answer(request, requestId, address);
    } catch (error) {
      response = Response.json(unexpectedFailure(options.logger, requestId, error), { status: 500 });
    }
    if (request.signal.aborted) {
      logClientGone(options.logger, requestId, response.status);
      return new Response(null, { status: clientClosedRequest });
    }
    for (const name of connectionHeaders) response.headers.delete(name);
    response.headers.set('x-request-id', requestId);
    response.headers.set('x-content-type-options', 'nosniff');
    if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
    return response;
  };
}

function notFound(): Response {
  return Response.json({ error: 'Not found. GET / lists the endpoints.' }, { status: 404 });
}

function bears(request: Request, token: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(request.headers.get('authorization') ?? ''), digest(`Bearer ${token}`));
}
