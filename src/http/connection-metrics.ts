import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionStatistics } from '../db/connections/tenant-connections.ts';
import { follow } from './follow-count.ts';

/** Adds what is counted of the connections to tenants' databases: for all tenants together, who may be thousands. */
export function registerConnectionMetrics(registry: Registry, statistics: () => ConnectionStatistics): void {
  const registers = [registry];
  new Gauge({
    name: 'tenant_connections',
    help: 'Connections to tenant databases: open (also opening and ending), of these in use, and requests waiting for one.',
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
    help: 'Tenants whose database is not asked for now (open), or by a probe only (half-open).',
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
    help: 'Connections that were closed because the database was not the tenant’s. Anything above 0 is an alarm.',
    registers,
    collect() {
      follow(this, statistics().mismatches);
    },
  });
}
