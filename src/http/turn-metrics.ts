import { Counter, Gauge, type Registry } from 'prom-client';
import type { LoopTurnsStatistics } from '../concurrency/loop-turns.ts';

/** Adds what is counted of requests and their turns at the event loop. */
export function registerTurnMetrics(registry: Registry, statistics: () => LoopTurnsStatistics): void {
  const registers = [registry];
  new Gauge({
    name: 'request_turns',
    help: 'GraphQL requests by state: using the event loop (inside), allowed to at once (limit), waiting for a turn (waiting), refused but not yet answered (held).',
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
    help: 'How late the event loop came to what was due when it was last looked at.',
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
