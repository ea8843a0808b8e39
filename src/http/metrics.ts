import { LRUCache } from 'lru-cache';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoopTurnsStatistics } from '../concurrency/loop-turns.ts';
import type { ConnectionStatistics } from '../db/connections/tenant-connections.ts';
import type { ResponseCacheStatistics } from '../graphql/response-cache/response-cache.ts';
import type { TenantClientPoolStatistics } from '../tenancy/tenant-client-pool.ts';
import { registerConnectionMetrics } from './connection-metrics.ts';
import { registerResponseCacheMetrics } from './response-cache-metrics.ts';
import { registerTurnMetrics } from './turn-metrics.ts';

/** The type of a GraphQL operation; `unknown` when a document has no operation of the requested name. */
export type OperationType = (typeof operationTypes)[number];

/** The process's metrics, for Prometheus. */
export interface Metrics {
  /**
   * Times one GraphQL operation and counts it for its tenant.
   * @param operate receives a callback to call with the tenant once it is known.
   */
  timeOperation<T>(
    operationType: OperationType,
    operate: (tenantKnown: (tenantKey: string | null) => void) => Promise<T>,
  ): Promise<T>;
  /** Counts a request to `/graphql` by the path that it takes: see DirectPath. */
  countPath(path: 'direct' | 'ordinary'): void;
  /** Returns all metrics in Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * Memory for the counters of some 5,000 tenants. Beyond that, the least recently active tenants' counters restart at 0.
 */
const tenantCountsBytes = 16 * 1_024 * 1_024;

/** The approximate size of one tenant's counters, one for each type of operation. */
const countsBytes = 3_000;

const operationTypes = ['query', 'mutation', 'subscription', 'unknown'] as const;

/** Counts operations of one type. */
type CountedOperations = Pick<Counter.Internal, 'inc'>;

/** Creates the process's metrics. Each app has its own registry, so that several can live in one process. */
export function createMetrics(
  tenantClients: () => TenantClientPoolStatistics,
  connections: () => ConnectionStatistics,
  responses: () => ResponseCacheStatistics,
  turns: () => LoopTurnsStatistics,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  // No operation names: clients choose them, so the number of labels would have no bound.
  const requests = new Counter({
    name: 'graphql_requests_total',
    help: 'GraphQL operations executed, by tenant and type.',
    labelNames: ['tenant_key', 'operation_type'],
    registers: [registry],
  });
  const countedTenants = new LRUCache<string, ReadonlyMap<OperationType, CountedOperations>>({
    maxSize: tenantCountsBytes,
    sizeCalculation: () => countsBytes,
    dispose: (_counts, tenantKey, reason) => {
      if (reason !== 'evict') return;
      for (const type of operationTypes) requests.remove({ tenant_key: tenantKey, operation_type: type });
    },
  });
  const durations = new Histogram({
    name: 'graphql_request_duration_seconds',
    help: 'Time from admission to result of GraphQL operations.',
    labelNames: ['operation_type'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const paths = new Counter({
    name: 'graphql_http_requests_total',
    help: 'Requests to /graphql: plain ones, which are answered directly, and all others, which go through the server library.',
    labelNames: ['way'],
    registers: [registry],
  });
  const countOf = { direct: paths.labels('direct'), ordinary: paths.labels('ordinary') };
  // Initialized to 0, so that rates can be computed from the start.
  for (const count of Object.values(countOf)) count.inc(0);
  new Gauge({
    name: 'tenant_clients',
    help: 'Open tenant clients: available for leases, or draining after an eviction.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { kept, draining } = tenantClients();
      this.set({ state: 'kept' }, kept);
      this.set({ state: 'draining' }, draining);
    },
  });

  registerConnectionMetrics(registry, connections);
  registerResponseCacheMetrics(registry, responses);

  // Looked up once, because finding a series by its labels takes longer than incrementing it.
  const durationOf = new Map(operationTypes.map((type) => [type, durations.labels(type)]));
  const countsOf = (tenant: string): ReadonlyMap<OperationType, CountedOperations> => {
    const known = countedTenants.get(tenant);
    if (known) return known;
    const counts = new Map(operationTypes.map((type) => [type, requests.labels(tenant, type)]));
    countedTenants.set(tenant, counts);
    return counts;
  };
  registerTurnMetrics(registry, turns);

  return {
    async timeOperation(operationType, operate) {
      let tenant = '';
      const began = performance.now();
      try {
        return await operate((tenantKey) => {
          tenant = tenantKey ?? '';
        });
      } finally {
        durationOf.get(operationType)?.observe((performance.now() - began) / 1_000);
        countsOf(tenant).get(operationType)?.inc();
      }
    },
    countPath: (path) => countOf[path].inc(),
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
