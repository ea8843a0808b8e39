import type { CORSOptions } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import type { PageRequest, RefusedOriginListener } from './refused-origins.ts';

/**
 * Headers that pages may send: those that the API reads, and those that common clients and tracers add on their own.
 */
const requestHeaders = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'x-request-id',
  'x-requested-with',
  // Apollo Client, and the CSRF protection of its servers
  'apollographql-client-name',
  'apollographql-client-version',
  'apollo-require-preflight',
  'x-apollo-operation-id',
  'x-apollo-operation-name',
  'graphql-client-name',
  'graphql-client-version',
  'graphql-require-preflight',
  'x-graphql-client-name',
  'x-graphql-client-version',
  // W3C trace context and baggage, which OpenTelemetry, Sentry, Datadog and others send
  'traceparent',
  'tracestate',
  'baggage',
  // Sentry
  'sentry-trace',
  // B3, of Zipkin and OpenTelemetry
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  // Datadog
  'x-datadog-origin',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'x-datadog-tags',
  'x-datadog-trace-id',
  // New Relic, Application Insights, Elastic, Jaeger, AWS X-Ray, Google Cloud
  'newrelic',
  'request-id',
  'request-context',
  'elastic-apm-traceparent',
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-cloud-trace-context',
];

/** The API's permissions for pages of other origins. */
export interface Cors {
  /** Returns the server library's options for a request; none if its page may not call the API. */
  options(request: PageRequest): CORSOptions;
  /** Returns the headers that the library would set, for an answer that bypasses it: alternating names and values. */
  answerHeaders(request: PageRequest): readonly string[];
}

const noHeaders: readonly string[] = [];

export function createCors(
  isAllowedOrigin: OriginMatcher,
  furtherHeaders: readonly string[],
  onRefusedOrigin: RefusedOriginListener = () => {},
): Cors {
  const further = furtherHeaders.map((name) => name.toLowerCase());
  const common = {
    credentials: true,
    methods: ['GET', 'POST'],
    allowedHeaders: [...new Set([...requestHeaders, ...further])],
    exposedHeaders: ['x-request-id', 'retry-after', 'content-disposition'],
    maxAge: 600,
  };
  const commonHeaders = Object.entries({
    'access-control-allow-methods': common.methods.join(', '),
    'access-control-allow-headers': common.allowedHeaders.join(', '),
    'access-control-allow-credentials': String(common.credentials),
    'access-control-expose-headers': common.exposedHeaders.join(', '),
    'access-control-max-age': String(common.maxAge),
  }).flat();

  function allowedOrigin(request: PageRequest): string | null {
    const origin = request.headers.get('origin');
    if (origin === null || isAllowedOrigin(origin)) return origin;
    onRefusedOrigin(origin, request);
    return null;
  }

  return {
    options(request) {
      const origin = allowedOrigin(request);
      return origin === null ? false : { origin: [origin], ...common };
    },
    answerHeaders(request) {
      const origin = allowedOrigin(request);
      return origin === null ? noHeaders : ['access-control-allow-origin', origin, ...commonHeaders];
    },
  };
}
