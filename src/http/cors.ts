import type { CORSOptions } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import type { RefusedOriginListener } from './refused-origins.ts';

/** Headers that pages may send: those the API reads, and those that common clients and tracers add by themselves. */
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

/** Creates the CORS options for each request: none if its page may not call the API. */
export function createCors(
  isAllowedOrigin: OriginMatcher,
  furtherHeaders: readonly string[],
  onRefusedOrigin: RefusedOriginListener = () => {},
) {
  const further = furtherHeaders.map((name) => name.toLowerCase());
  const allowedHeaders = [...new Set([...requestHeaders, ...further])];
  return (request: Request): CORSOptions => {
    const origin = request.headers.get('origin');
    if (origin === null) return false;
    if (!isAllowedOrigin(origin)) {
      onRefusedOrigin(origin, request);
      return false;
    }
    return {
      origin: [origin],
      credentials: true,
      methods: ['GET', 'POST'],
      allowedHeaders,
      exposedHeaders: ['x-request-id', 'retry-after'],
      maxAge: 600,
    };
  };
}
