import { isChildOfPackageManager } from './process-environment.ts';

/** The interval at which the parent is checked. */
const parentCheckMilliseconds = 500;

/**
 * Calls `stop` each time the process is asked to end: by Ctrl-C, a supervisor or a closed terminal. A terminal
 * signals the whole process group, and npm forwards the signals that it gets, so one request may arrive twice.
 *
 * With `npm start`, the end of npm is such a request too: a killed npm can't forward anything, and whoever killed it
 * meant us. So is the end of the process that reads our output, which would otherwise crash us at the next line,
 * without an orderly shutdown.
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
