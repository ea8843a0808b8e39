import { execute, GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { UnsupportedMediaTypeError } from '../errors/index.ts';
import type { RequestFacts } from '../graphql/context.ts';
import { nameCentralOutages, presentError } from '../graphql/error-presentation.ts';
import type { QueryLimits } from '../graphql/limits.ts';
import { createDeviceCookies, type RequestDeviceCookies } from './device-cookies.ts';
import { preferredLanguage } from './language.ts';
import type { Metrics } from './metrics.ts';
import { createRefreshCookie, type RequestRefreshCookie } from './refresh-cookie.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import { useBodyLimit } from './use-body-limit.ts';
import { useQueryLimits } from './use-query-limits.ts';

/** What the GraphQL endpoint is made of. */
export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly pipeline: RequestPipeline;
  readonly metrics: Metrics;
  readonly limits: QueryLimits;
  readonly bodyLimitBytes: number;
  readonly allowedOrigins: readonly string[];
  /** Whether to serve GraphiQL to browsers. */
  readonly graphiql: boolean;
}

/** Answers requests to `/graphql`. */
export interface GraphQLServer {
  fetch(request: Request, facts: ConnectionFacts): Promise<Response>;
}

/** What the GraphQL endpoint is told of a request besides the request itself. */
export type ConnectionFacts = Pick<RequestFacts, 'requestId' | 'logger' | 'address'>;

interface ServerContext extends RequestFacts {
  readonly refreshCookie: RequestRefreshCookie;
  readonly deviceCookies: RequestDeviceCookies;
  /** Headers that the answer is to have besides the library's. */
  readonly answerHeaders: Headers;
}

/** Makes the GraphQL endpoint: GraphQL over HTTP around the request pipeline. */
export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const yoga = createYoga<ServerContext>({
    schema: options.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    multipart: false,
    // See useBodyLimit.
    maxRequestBodySize: false,
    // Errors are presented in one place, which needs the request: see useErrorPresentation.
    maskedErrors: false,
    logging: false,
    cors: (request) => {
      const origin = request.headers.get('origin');
      return origin !== null && options.allowedOrigins.includes(origin)
        ? {
            origin: [origin],
            credentials: true,
            methods: ['GET', 'POST'],
            allowedHeaders: ['authorization', 'content-type', 'accept-language', 'x-request-id'],
            exposedHeaders: ['x-request-id', 'retry-after'],
            maxAge: 600,
          }
        : false;
    },
    graphiql: options.graphiql && { title: 'CXG GraphQL API', defaultQuery: exampleQuery },
    // From a package rather than from a CDN: it works without the internet, and loads nobody else's script.
    renderGraphiQL: async (graphiqlOptions) =>
      (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(graphiqlOptions),
    plugins: [
      useJsonBodiesOnly(),
      useBodyLimit(options.bodyLimitBytes),
      useQueryLimits(options.limits),
      useRequestPipeline(options.pipeline, options.metrics),
      useErrorPresentation(),
    ],
  });
  return {
    async fetch(request, facts) {
      const refreshCookie = createRefreshCookie(request.headers, options.allowedOrigins);
      const deviceCookies = createDeviceCookies(request.headers);
      const answerHeaders = new Headers();
      const language = preferredLanguage(request.headers);
      const response = await yoga.fetch(request, {
        ...facts,
        language,
        userAgent: request.headers.get('user-agent')?.slice(0, 256) ?? null,
        refreshCookie,
        deviceCookies,
        answerHeaders,
      });
      for (const [name, value] of answerHeaders) response.headers.set(name, value);
      if (response.headers.get('content-type')?.includes('json')) {
        response.headers.set('content-language', language);
        response.headers.set('vary', 'Origin, Accept-Language');
      }
      const setCookie = refreshCookie.setCookie();
      if (setCookie !== null) response.headers.append('set-cookie', setCookie);
      for (const cookie of deviceCookies.setCookies()) response.headers.append('set-cookie', cookie);
      return response;
    },
  };
}

const exampleQuery = `# Sign in first, then send the token as a header:
#   { "Authorization": "Bearer <accessToken>" }
mutation SignIn {
  login(input: { tenantKey: "acme01", username: "admin", password: "Password123!" }) {
    accessToken
    expiresIn
  }
}

query GetUsers {
  users(first: 20, search: "john") {
    edges {
      node {
        id
        fullName
        department {
          name
        }
        role {
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      totalCount
    }
  }
}
`;

/**
 * A form on a stranger's page can send url-encoded, multipart and plain-text bodies without asking first;
 * JSON makes the browser ask, and CORS answers.
 */
function useJsonBodiesOnly(): Plugin<object, ServerContext> {
  return {
    onRequestParse({ request }) {
      if (request.method !== 'POST') return;
      const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
      if (mediaType !== 'application/json') {
        throw new GraphQLError('', {
          originalError: new UnsupportedMediaTypeError(),
          extensions: { http: { status: 415 } },
        });
      }
    },
  };
}

/**
 * Executes each operation inside the pipeline. Documents that do not parse or validate never get that far.
 * With graphql-js' own executor: the server library's puts fields that resolve later behind the others, and
 * the specification wants them in the order of the document (section 7.2.2).
 */
function useRequestPipeline(
  pipeline: RequestPipeline,
  metrics: Metrics,
): Plugin<ServerContext, ServerContext> {
  return {
    onExecute({ args, setExecuteFn, context }) {
      const operationType = getOperationAST(args.document, args.operationName)?.operation ?? 'unknown';
      setExecuteFn((executionArgs) =>
        metrics.timeOperation(operationType, (tenantKnown) =>
          pipeline(
            { facts: context, authorization: context.request.headers.get('authorization') },
            async (graphqlContext) => {
              const result = await execute({ ...executionArgs, contextValue: graphqlContext });
              const { enteredTenantKey } = graphqlContext;
              tenantKnown(enteredTenantKey);
              return enteredTenantKey === null ? nameCentralOutages(result) : result;
            },
          ),
        ),
      );
    },
  };
}

function useErrorPresentation(): Plugin<object, ServerContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!('errors' in result) || !result.errors) return;
      const errors = result.errors.map((error) => presentError(error, serverContext));
      const waits = errors.flatMap(({ extensions: { retryAfter } }) =>
        typeof retryAfter === 'number' ? [retryAfter] : [],
      );
      if (waits.length > 0) serverContext.answerHeaders.set('retry-after', String(Math.max(...waits)));
      setResult({ ...result, errors });
    },
  };
}
