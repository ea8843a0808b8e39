/** A process that does nothing but take processor time, until the benchmark ends or disconnects it. */
import { setImmediate } from 'node:timers';
import { announcePort } from './server-report.ts';

function keepBusy(): void {
  const until = performance.now() + 5;
  while (performance.now() < until);
  setImmediate(keepBusy);
}

announcePort(0);
keepBusy();
