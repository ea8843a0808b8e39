import { execute, type GraphQLSchema, getOperationAST } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import { plainLine } from '../db/text-forms.ts';
import type { RequestFacts } from '../graphql/context.ts';
import { nameDatabaseFailures, presentError } from '../graphql/error-presentation.ts';
import type { QueryLimits } from '../graphql/limits.ts';
import { createCors } from './cors.ts';
import { createDeviceCookies, type RequestDeviceCookies } from './device-cookies.ts';
import { preferredLanguage } from './language.ts';
import type { Metrics } from './metrics.ts';
import { createRefreshCookies, type RequestRefreshCookies } from './refresh-cookies.ts';
import type { RefusedOriginListener } from './refused-origins.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import { useDocumentCache } from './use-document-cache.ts';
import { useGraphQLParameters } from './use-graphql-parameters.ts';
import { useJsonAnswers } from './use-json-answers.ts';
import { usePersistedQueryRefusal } from './use-persisted-query-refusal.ts';
import { useQueryLimits } from './use-query-limits.ts';

/** What the GraphQL endpoint is made of. */
export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly pipeline: RequestPipeline;
  readonly metrics: Metrics;
  readonly limits: QueryLimits;
  readonly bodyLimitBytes: number;
  readonly isAllowedOrigin: OriginMatcher;
  /** Called for each request of a page that may not use the API. */
  readonly onRefusedOrigin: RefusedOriginListener;
  /** Headers that pages may send besides the usual ones. */
  readonly allowedHeaders: readonly string[];
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
  readonly refreshCookies: RequestRefreshCookies;
  readonly deviceCookies: RequestDeviceCookies;
  /** Headers that the answer is to have besides the library's. */
  readonly answerHeaders: Headers;
}

/** Makes the GraphQL endpoint: GraphQL over HTTP around the request pipeline. */
export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { isAllowedOrigin } = options;
  const yoga = createYoga<ServerContext>({
    schema: options.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // We have our own health check. The library's would answer every URL that ends like this, and no URL has a
    // space in it.
    healthCheckEndpoint: ' ',
    multipart: false,
    // See useGraphQLParameters.
    maxRequestBodySize: false,
    // See useDocumentCache.
    parserAndValidationCache: false,
    // Errors are presented in one place, which needs the request: see useErrorPresentation.
    maskedErrors: false,
    logging: false,
    cors: createCors(isAllowedOrigin, options.allowedHeaders, options.onRefusedOrigin),
    graphiql: options.graphiql && { title: 'CXG GraphQL API', defaultQuery: exampleQuery },
    // From a package rather than from a CDN: it works without the internet, and loads nobody else's script.
    renderGraphiQL: async (graphiqlOptions) =>
      (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(graphiqlOptions),
    plugins: [
      useJsonAnswers(),
      useGraphQLParameters(options.bodyLimitBytes),
      usePersistedQueryRefusal(),
      useDocumentCache(),
      useQueryLimits(options.limits),
      useRequestPipeline(options.pipeline, options.metrics),
      useErrorPresentation(),
    ],
  });
  return {
    async fetch(request, facts) {
      const refreshCookies = createRefreshCookies(request.headers, isAllowedOrigin);
      const deviceCookies = createDeviceCookies(request.headers);
      const answerHeaders = new Headers();
      const language = preferredLanguage(request.headers);
      const response = await yoga.handleRequest(request, {
        ...facts,
        language,
        userAgent: userAgentOf(request.headers),
        refreshCookies,
        deviceCookies,
        answerHeaders,
      });
      for (const [name, value] of answerHeaders) response.headers.set(name, value);
      // Even when no origin is allowed: a cached response must not serve a page of another origin.
      response.headers.set('vary', 'Origin');
      if (response.headers.get('content-type')?.includes('json')) {
        response.headers.set('content-language', language);
        response.headers.append('vary', 'Accept-Language');
      }
      for (const cookie of refreshCookies.setCookies()) response.headers.append('set-cookie', cookie);
      for (const cookie of deviceCookies.setCookies()) response.headers.append('set-cookie', cookie);
      return response;
    },
  };
}

/** The client's user agent, without characters that no line of text has: it is stored and shown with its sessions. */
function userAgentOf(headers: Headers): string | null {
  const name = plainLine((headers.get('user-agent') ?? '').slice(0, 256).replace(/\p{C}/gu, ''));
  return name === '' ? null : name;
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
            {
              facts: context,
              authorization: context.request.headers.get('authorization'),
              signal: context.request.signal,
            },
            async (graphqlContext) => {
              const result = await execute({ ...executionArgs, contextValue: graphqlContext });
              const { enteredTenantKey } = graphqlContext;
              tenantKnown(enteredTenantKey);
              return nameDatabaseFailures(result, enteredTenantKey);
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
