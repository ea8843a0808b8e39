import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionStatistics } from '../db/connections/tenant-connections.ts';
import { follow } from './follow-count.ts';

/**
 * Adds the metrics of connections to tenants' databases. They cover all tenants together, because there may be
 * thousands.
 */
export function registerConnectionMetrics(registry: Registry, statistics: () => ConnectionStatistics): void {
  const registers = [registry];
  new Gauge({
    name: 'tenant_connections',
    help: 'Connections to tenant databases: open (including opening and closing), in use, and requests waiting for one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, inUse, waiting } = statistics();
      this.set({ state: 'open' }, open);
      this.set({ state: 'in_use' }, inUse);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  new Gauge({
    name: 'tenant_connection_budget',
    help: 'Connections to tenant databases that this process may have open.',
    registers,
    collect() {
      this.set(statistics().budget);
    },
  });
  new Gauge({
    name: 'tenant_breakers',
    help: 'Tenants whose circuit breaker is open, or half-open with a probe under way.',
    labelNames: ['state'],
    registers,
    collect() {
      const { breakers } = statistics();
      this.set({ state: 'open' }, breakers.open);
      this.set({ state: 'half-open' }, breakers['half-open']);
    },
  });
  new Counter({
    name: 'tenant_busy_refusals_total',
    help: 'Requests refused with TENANT_BUSY because no connection became free in time.',
    registers,
    collect() {
      follow(this, statistics().busyRefusals);
    },
  });
  new Counter({
    name: 'tenant_mismatches_total',
    help: 'Connections closed because the database was not the tenant’s. Alert on anything above 0.',
    registers,
    collect() {
      follow(this, statistics().mismatches);
    },
  });
}
