import { setTimeout as delay } from 'node:timers/promises';

/** The results of a load. */
export interface LoadResult {
  readonly sent: number;
  readonly seconds: number;
  /** Seconds for which a busy machine had as many requests to answer as it was given at once. */
  readonly heldBackSeconds: number;
  /** The number of failures by kind. */
  readonly failures: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
}

/** A load that goes on until it is stopped. */
export interface SteadyLoad {
  /** Sends no more, and resolves when everything is answered. */
  stop(): Promise<LoadResult>;
}

/** A load that nobody stops ends by itself. */
const mostSeconds = 120;
const tickMilliseconds = 10;

/**
 * A machine that can't keep up would be buried, and its requests run out of time for a reason that is not the one
 * looked for. A quarter of a second's requests wait at most.
 */
const mostAtOncePart = 0.25;

/**
 * Sends so many requests a second, without waiting for answers as long as the machine keeps up: who waits before
 * asking again would not notice a pause.
 * @param send rejects when the answer is not as it should be.
 */
export function startSteadyLoad(perSecond: number, send: (turn: number) => Promise<void>): SteadyLoad {
  const started = performance.now();
  const failures: Record<string, number> = {};
  const times: number[] = [];
  const running = new Set<Promise<void>>();
  const mostAtOnce = perSecond * mostAtOncePart;
  let sent = 0;
  let heldBackSeconds = 0;
  let stopped = false;

  async function sendOne(turn: number): Promise<void> {
    const sentAt = performance.now();
    await send(turn).catch((error: unknown) => {
      failures[String(error)] = (failures[String(error)] ?? 0) + 1;
    });
    times.push(performance.now() - sentAt);
  }

  const sending = (async () => {
    for (;;) {
      const seconds = (performance.now() - started) / 1_000;
      if (stopped || seconds > mostSeconds) return seconds;
      const due = (seconds - heldBackSeconds) * perSecond;
      while (sent < due && running.size < mostAtOnce) {
        const request = sendOne(sent++);
        running.add(request);
        void request.finally(() => running.delete(request));
      }
      if (sent < due) heldBackSeconds += (due - sent) / perSecond;
      await delay(tickMilliseconds);
    }
  })();

  return {
    async stop() {
      stopped = true;
      const seconds = await sending;
      await Promise.all(running);
      times.sort((a, b) => a - b);
      const at = (part: number) => Math.round(times[Math.floor((times.length - 1) * part)] ?? 0);
      return { sent, seconds, heldBackSeconds, failures, p50: at(0.5), p99: at(0.99), slowest: at(1) };
    },
  };
}

/** One line that says how it went. */
export function describeLoad(
  title: string,
  { sent, seconds, heldBackSeconds, failures, p50, p99, slowest }: LoadResult,
): string {
  return `${title}: ${sent} requests in ${seconds.toFixed(1)} s (${Math.round(sent / seconds)}/s, held back for ${heldBackSeconds.toFixed(1)} s), ${Object.values(failures).reduce((sum, count) => sum + count, 0)} failed, p50 ${p50} ms, p99 ${p99} ms, slowest ${slowest} ms\n`;
}
