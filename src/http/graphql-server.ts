import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import type { ExecuteOperation } from '../graphql/execute-operation.ts';
import type { QueryLimits } from '../graphql/limits.ts';
import { createPreparedDocuments } from '../graphql/prepared-documents.ts';
import type { ResponseCache } from '../graphql/response-cache/response-cache.ts';
import { type ConditionalAnswer, createConditionalAnswer } from './conditional-answers.ts';
import { createCors } from './cors.ts';
import { createDirectWay, type DirectWay } from './direct-way.ts';
import type { Metrics } from './metrics.ts';
import { createCallPreparation } from './prepare-call.ts';
import { presentResult } from './present-result.ts';
import type { RefusedOriginListener } from './refused-origins.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import { type ConnectionFacts, RequestState } from './request-state.ts';
import { createOperationRunner } from './run-operation.ts';
import { useGraphQLParameters } from './use-graphql-parameters.ts';
import { useJsonAnswers } from './use-json-answers.ts';
import { usePersistedQueryRefusal } from './use-persisted-query-refusal.ts';
import { usePreparedOperations } from './use-prepared-operations.ts';

/** What the GraphQL endpoint is made of. */
export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly execute: ExecuteOperation;
  readonly pipeline: RequestPipeline;
  readonly responses: ResponseCache;
  readonly metrics: Metrics;
  readonly limits: QueryLimits;
  readonly bodyLimitBytes: number;
  readonly isAllowedOrigin: OriginMatcher;
  /** Called for each request of a page that may not use the API. */
  readonly onRefusedOrigin: RefusedOriginListener;
  /** Headers that pages may send besides the usual ones. */
  readonly allowedHeaders: readonly string[];
}

/** Answers requests to `/graphql`. */
export interface GraphQLServer {
  readonly direct: DirectWay;
  fetch(request: Request, facts: ConnectionFacts): Promise<Response>;
}

interface ServerContext {
  readonly state: RequestState;
  /** The client's copy of the answer, if it has one. */
  readonly conditional: ConditionalAnswer;
  /** Headers that the answer is to have besides the library's. */
  readonly answerHeaders: Headers;
}

/** Makes the GraphQL endpoint: GraphQL over HTTP around the request pipeline. */
export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { isAllowedOrigin } = options;
  const documents = createPreparedDocuments(options.schema, options.limits);
  const run = createOperationRunner(options);
  const cors = createCors(isAllowedOrigin, options.allowedHeaders, options.onRefusedOrigin);
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
    // See PreparedDocuments.
    parserAndValidationCache: false,
    // Errors are presented in one place, which needs the request: see useErrorPresentation.
    maskedErrors: false,
    logging: false,
    cors: cors.options,
    // Our own page is answered before: see GraphiQL.
    graphiql: false,
    plugins: [
      useJsonAnswers(),
      useGraphQLParameters(options.bodyLimitBytes),
      usePersistedQueryRefusal(),
      usePreparedOperations(options.schema, documents, options.limits.complexity, run),
      useErrorPresentation(),
    ],
  });
  const direct = createDirectWay({
    prepare: createCallPreparation(documents, options.limits.complexity),
    run,
    cors,
    metrics: options.metrics,
    bodyLimitBytes: options.bodyLimitBytes,
    isAllowedOrigin,
    fetchAPI: yoga.fetchAPI,
  });
  return {
    direct,
    async fetch(request, facts) {
      options.metrics.countWay('ordinary');
      const state = new RequestState(request.headers, facts, isAllowedOrigin);
      const answerHeaders = new Headers();
      const conditional = createConditionalAnswer(request);
      const response = await yoga.handleRequest(request, { state, conditional, answerHeaders });
      for (const [name, value] of answerHeaders) response.headers.set(name, value);
      // Even when no origin is allowed: a cached response must not serve a page of another origin.
      response.headers.set('vary', 'Origin');
      if (response.headers.get('content-type')?.includes('json')) {
        response.headers.set('content-language', state.language);
        response.headers.append('vary', 'Accept-Language');
      }
      for (const cookie of state.setCookies()) response.headers.append('set-cookie', cookie);
      return conditional.complete(response);
    },
  };
}

function useErrorPresentation(): Plugin<object, ServerContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!('errors' in result) || !result.errors) return;
      const presented = presentResult(result, serverContext.state);
      if (presented.retryAfter !== null) {
        serverContext.answerHeaders.set('retry-after', String(presented.retryAfter));
      }
      setResult(presented.result);
    },
  };
}
