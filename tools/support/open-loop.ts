/** The outcome of sending at a constant rate. Time is in milliseconds. */
export interface OpenLoopReport {
  readonly sent: number;
  /** Requests that were due while too many were under way, and so were never sent: the other side can't keep up. */
  readonly skipped: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly slowest: number;
}

/** The rate and the length of a load. */
export interface OpenLoopOptions {
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Requests under way at once. */
  readonly maximumInFlight: number;
}

/**
 * Starts a request whenever one is due, whether the earlier ones have been answered or not: a server that stalls is
 * not given time to recover, as clients give it none.
 * @param send one request; it must not reject.
 */
export async function sendAtRate(
  { requestsPerSecond, seconds, maximumInFlight }: OpenLoopOptions,
  send: (turn: number) => Promise<void>,
): Promise<OpenLoopReport> {
  const total = Math.round(requestsPerSecond * seconds);
  const durations: number[] = [];
  const underWay = new Set<Promise<void>>();
  let skipped = 0;
  const started = performance.now();

  for (let turn = 0; turn < total; turn++) {
    const due = started + (turn / requestsPerSecond) * 1_000;
    const early = due - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    if (underWay.size >= maximumInFlight) {
      skipped++;
      continue;
    }
    const begun = performance.now();
    const request = send(turn).finally(() => {
      durations.push(performance.now() - begun);
      underWay.delete(request);
    });
    underWay.add(request);
  }
  await Promise.all(underWay);
  durations.sort((a, b) => a - b);
  const percentile = (share: number) =>
    durations[Math.min(durations.length - 1, Math.floor(durations.length * share))] ?? 0;
  return {
    sent: durations.length,
    skipped,
    seconds: (performance.now() - started) / 1_000,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    slowest: durations.at(-1) ?? 0,
  };
}
