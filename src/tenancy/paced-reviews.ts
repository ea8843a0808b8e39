/** Reviews tenants at a limited rate, however often reviews are requested. */
export interface PacedReviews {
  /** Schedules a review of the tenant: now, or after the pause that follows its last review. */
  request(tenantKey: string): void;
}

/** Creates the reviews. `review` handles one tenant, and must not throw. */
export function createPacedReviews(
  review: (tenantKey: string) => Promise<void>,
  options: { readonly pauseMilliseconds: number; readonly atOnce: number },
): PacedReviews {
  /** Tenants that are due for a review: queued, or waiting for their pause to end. */
  const requested = new Set<string>();
  const pausing = new Set<string>();
  const queue: string[] = [];
  let running = 0;

  async function work(): Promise<void> {
    running++;
    for (let tenantKey = queue.shift(); tenantKey !== undefined; tenantKey = queue.shift()) {
      // Changes from here on need another review.
      requested.delete(tenantKey);
      pause(tenantKey);
      await review(tenantKey);
    }
    running--;
  }

  function pause(tenantKey: string): void {
    pausing.add(tenantKey);
    setTimeout(() => {
      pausing.delete(tenantKey);
      if (requested.has(tenantKey)) enqueue(tenantKey);
    }, options.pauseMilliseconds).unref();
  }

  function enqueue(tenantKey: string): void {
    queue.push(tenantKey);
    if (running < options.atOnce) void work();
  }

  return {
    request(tenantKey) {
      if (requested.has(tenantKey)) return;
      requested.add(tenantKey);
      if (!pausing.has(tenantKey)) enqueue(tenantKey);
    },
  };
}
