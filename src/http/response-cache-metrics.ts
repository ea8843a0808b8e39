import { Counter, Gauge, type Registry } from 'prom-client';
import type { ResponseCacheStatistics } from '../graphql/response-cache/response-cache.ts';
import { follow } from './follow-count.ts';

/** Adds what is counted of kept answers: for all tenants together, who may be thousands. */
export function registerResponseCacheMetrics(
  registry: Registry,
  statistics: () => ResponseCacheStatistics,
): void {
  const registers = [registry];
  new Counter({
    name: 'response_cache_hits_total',
    help: 'Queries answered without executing them, by where the answer was: in the process, in Redis, or with the client (304).',
    labelNames: ['place'],
    registers,
    collect() {
      this.reset();
      for (const [place, count] of Object.entries(statistics().hits)) this.inc({ place }, count);
    },
  });
  new Counter({
    name: 'response_cache_misses_total',
    help: 'Queries executed because no answer was kept, or the rows had changed since.',
    registers,
    collect() {
      follow(this, statistics().misses);
    },
  });
  new Gauge({
    name: 'response_cache_bytes',
    help: 'Memory of the answers that the process keeps, at most.',
    registers,
    collect() {
      this.set(statistics().bytes);
    },
  });
}
