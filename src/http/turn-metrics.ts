import { Counter, Gauge, type Registry } from 'prom-client';
import type { LoopTurnsStatistics } from '../concurrency/loop-turns.ts';

/** Adds the metrics of requests that take turns at the event loop. */
export function registerTurnMetrics(registry: Registry, statistics: () => LoopTurnsStatistics): void {
  const registers = [registry];
  new Gauge({
    name: 'request_turns',
    help: 'GraphQL requests by state: using the event loop (inside), the maximum that may (limit), waiting for a turn (waiting), refused but not yet answered (held).',
    labelNames: ['state'],
    registers,
    collect() {
      const { inside, limit, waiting, held } = statistics();
      this.set({ state: 'inside' }, inside);
      this.set({ state: 'limit' }, limit);
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'held' }, held);
    },
  });
  new Gauge({
    name: 'request_turns_loop_delay_seconds',
    help: 'Delay of the event loop at the last measurement.',
    registers,
    collect() {
      this.set(statistics().delayMilliseconds / 1_000);
    },
  });
  new Counter({
    name: 'request_turns_refused_total',
    help: 'Requests refused with TENANT_BUSY because they would have waited too long for the event loop.',
    registers,
    collect() {
      this.reset();
      this.inc(statistics().refused);
    },
  });
}
