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

/** What the process counts, for Prometheus. */
export interface Metrics {
  /**
   * Times one GraphQL operation and counts it for its tenant.
   * @param operate gets a callback to name the tenant, once it is known.
   */
  timeOperation<T>(
    operationType: OperationType,
    operate: (tenantKnown: (tenantKey: string | null) => void) => Promise<T>,
  ): Promise<T>;
  /** Counts a request to `/graphql` by the way that it goes: see DirectWay. */
  countWay(way: 'direct' | 'ordinary'): void;
  /** All figures in Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Memory for the counts of all tenants, some 5,000. Those that have gone longest without a request restart at 0. */
const tenantCountsBytes = 16 * 1_024 * 1_024;

/** The approximate size of one tenant's counts, one for each type of operation. */
const countsBytes = 3_000;

const operationTypes = ['query', 'mutation', 'subscription', 'unknown'] as const;

/** Counts operations of one type. */
type CountedOperations = Pick<Counter.Internal, 'inc'>;

/** Makes the process's metrics. Each app has its own registry, so several can live in one process. */
export function createMetrics(
  tenantClients: () => TenantClientPoolStatistics,
  connections: () => ConnectionStatistics,
  responses: () => ResponseCacheStatistics,
  turns: () => LoopTurnsStatistics,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  // Operation names are the client's to choose and would be labels without end, so they are none.
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
  const ways = new Counter({
    name: 'graphql_http_requests_total',
    help: 'Requests to /graphql: plain ones, which are answered directly, and those for the server library.',
    labelNames: ['way'],
    registers: [registry],
  });
  const countOf = { direct: ways.labels('direct'), ordinary: ways.labels('ordinary') };
  // Told from the start, so that a rate of either can be computed.
  for (const count of Object.values(countOf)) count.inc(0);
  new Gauge({
    name: 'tenant_clients',
    help: 'Tenant clients that are open: kept for new leases, or draining after an eviction.',
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

  // Looked up once: finding a series by its labels takes longer than counting in it.
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
    countWay: (way) => countOf[way].inc(),
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
