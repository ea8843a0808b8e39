import { isChildOfPackageManager } from './environment.ts';

/** How soon the end of the parent is noticed. */
const parentCheckMilliseconds = 500;

/**
 * Calls `stop` each time that somebody wants the process to end: Ctrl-C, a supervisor, a closed terminal. A terminal
 * signals the whole group, and npm passes on what it gets itself, so one wish may come twice.
 *
 * For `npm start` the end of npm is such a wish too: killed, it can pass nothing on, and who killed it meant us. And so
 * is the end of whoever reads our output, which would otherwise end us at the next line, and nothing else in order.
 */
export function onStopRequest(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  for (const output of [process.stdout, process.stderr]) output.on('error', stop);
  if (isChildOfPackageManager()) onParentEnd(stop);
}

function onParentEnd(stop: () => void): void {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    stop();
  }, parentCheckMilliseconds);
  check.unref();
}
