import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import type { ExecuteOperation } from '../graphql/execute-operation.ts';
import type { QueryLimits } from '../graphql/limits.ts';
import { createPreparedDocuments } from '../graphql/prepared-documents.ts';
import type { ResponseCache } from '../graphql/response-cache/response-cache.ts';
import { type ConditionalAnswer, createConditionalAnswer } from './conditional-answers.ts';
import type { Cors } from './cors.ts';
import { type CsvAnswer, createCsvAnswer } from './csv/csv-answer.ts';
import { createExportRunner } from './csv/run-export.ts';
import { createDirectPath, type DirectPath } from './direct-path.ts';
import type { Metrics } from './metrics.ts';
import { createCallPreparation } from './prepare-call.ts';
import { presentResult } from './present-result.ts';
import type { RequestPipeline } from './request-pipeline.ts';
import { type ConnectionFacts, RequestState } from './request-state.ts';
import { createOperationRunner } from './run-operation.ts';
import { useGraphQLParameters } from './use-graphql-parameters.ts';
import { useJsonAnswers } from './use-json-answers.ts';
import { usePersistedQueryRefusal } from './use-persisted-query-refusal.ts';
import { usePreparedOperations } from './use-prepared-operations.ts';

/** The dependencies of the GraphQL endpoint. */
export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly execute: ExecuteOperation;
  readonly pipeline: RequestPipeline;
  readonly responses: ResponseCache;
  readonly metrics: Metrics;
  readonly limits: QueryLimits;
  readonly bodyLimitBytes: number;
  readonly isAllowedOrigin: OriginMatcher;
  readonly cors: Cors;
}

/** Answers requests to `/graphql`. */
export interface GraphQLServer {
  readonly direct: DirectPath;
  fetch(request: Request, facts: ConnectionFacts): Promise<Response>;
}

interface ServerContext {
  readonly state: RequestState;
  /** Knows which copy of the answer the client holds, if any. */
  readonly conditional: ConditionalAnswer;
  /** Knows whether the client wants a file, and which one it gets. */
  readonly csv: CsvAnswer;
  /** Headers to add to the library's. */
  readonly answerHeaders: Headers;
}

/** Creates the GraphQL endpoint: GraphQL over HTTP around the request pipeline. */
export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { isAllowedOrigin, cors } = options;
  const documents = createPreparedDocuments(options.schema, options.limits);
  const run = createOperationRunner(options);
  const runExport = createExportRunner(options.schema, documents, options.limits.complexity, run);
  const yoga = createYoga<ServerContext>({
    schema: options.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // Disables the library's health check, since we have our own: it answers every URL that ends like this, and no URL
    // contains a space.
    healthCheckEndpoint: ' ',
    multipart: false,
    // See useGraphQLParameters.
    maxRequestBodySize: false,
    // See PreparedDocuments.
    parserAndValidationCache: false,
    // Errors are presented in one place that knows the request: see useErrorPresentation.
    maskedErrors: false,
    logging: false,
    cors: cors.options,
    // Our own page is served earlier: see GraphiQL.
    graphiql: false,
    plugins: [
      useJsonAnswers(),
      useGraphQLParameters(options.bodyLimitBytes),
      usePersistedQueryRefusal(),
      usePreparedOperations(options.schema, documents, options.limits.complexity, run, runExport),
      useErrorPresentation(),
    ],
  });
  const direct = createDirectPath({
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
      options.metrics.countPath('ordinary');
      const state = new RequestState(request.headers, facts, isAllowedOrigin);
      const answerHeaders = new Headers();
      const conditional = createConditionalAnswer(request);
      const csv = createCsvAnswer(request);
      const response = await yoga.handleRequest(request, { state, conditional, csv, answerHeaders });
      for (const [name, value] of answerHeaders) response.headers.set(name, value);
      // Set even when no origin is allowed, so that a cached response never serves a page of another origin.
      response.headers.set('vary', 'Origin');
      if (response.headers.get('content-type')?.includes('json')) {
        response.headers.set('content-language', state.language);
        response.headers.append('vary', 'Accept-Language');
      }
      for (const cookie of state.setCookies()) response.headers.append('set-cookie', cookie);
      return csv.complete(conditional.complete(response));
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
