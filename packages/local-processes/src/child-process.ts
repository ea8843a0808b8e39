import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

const keptLines = 40;

/** The last lines that a started server has logged, for the error if it fails. */
export interface LogTail {
  readonly lines: readonly string[];
  /** Resolves as soon as a line matches. */
  waitFor(pattern: RegExp): Promise<void>;
}

/** Reads a server's log to its end, so that the server never blocks on it, and keeps the last lines. */
export function followLog(stream: Readable): LogTail {
  const lines: string[] = [];
  const reader = createInterface({ input: stream });
  reader.on('line', (line) => {
    lines.push(line);
    lines.splice(0, lines.length - keptLines);
  });
  return {
    lines,
    waitFor: (pattern) =>
      new Promise((resolve) => {
        const check = (line: string): void => {
          if (pattern.test(line)) {
            reader.off('line', check);
            resolve();
          }
        };
        reader.on('line', check);
      }),
  };
}

/** Resolves when the child and all its descendants that share its output have ended, or it never began. */
export async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'close').catch(() => undefined);
}

/** Returns whether the promise settles in time; the timer does not keep the process alive. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      delay(milliseconds, false, { signal: timer.signal }),
    ]);
  } finally {
    timer.abort();
  }
}
