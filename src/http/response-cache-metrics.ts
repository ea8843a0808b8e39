import { Counter, Gauge, type Registry } from 'prom-client';
import type { ResponseCacheStatistics } from '../graphql/response-cache/response-cache.ts';
import { follow } from './follow-count.ts';

/** Adds the metrics of the response cache. They cover all tenants together, because there may be thousands. */
export function registerResponseCacheMetrics(
  registry: Registry,
  statistics: () => ResponseCacheStatistics,
): void {
  const registers = [registry];
  new Counter({
    name: 'response_cache_hits_total',
    help: 'Queries answered from the cache, by where the answer was: in the process, in Redis, or at the client (304).',
    labelNames: ['place'],
    registers,
    collect() {
      this.reset();
      for (const [place, count] of Object.entries(statistics().hits)) this.inc({ place }, count);
    },
  });
  new Counter({
    name: 'response_cache_misses_total',
    help: 'Queries executed because no answer was cached, or the rows had changed since.',
    registers,
    collect() {
      follow(this, statistics().misses);
    },
  });
  new Gauge({
    name: 'response_cache_bytes',
    help: 'Maximum memory for the answers that the process caches.',
    registers,
    collect() {
      this.set(statistics().bytes);
    },
  });
}
