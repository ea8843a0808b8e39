/** Looks at tenants again, each not too often and few at a time, however often it is asked to. */
export interface PacedReviews {
  /** Has the tenant looked at: at once, or when its last time is long enough ago. */
  request(tenantKey: string): void;
}

/** Makes the reviews. `review` looks at one tenant, and does not throw. */
export function createPacedReviews(
  review: (tenantKey: string) => Promise<void>,
  options: { readonly pauseMilliseconds: number; readonly atOnce: number },
): PacedReviews {
  /** Tenants that are going to be looked at: in the queue, or waiting for their pause to end. */
  const requested = new Set<string>();
  const pausing = new Set<string>();
  const queue: string[] = [];
  let running = 0;

  async function work(): Promise<void> {
    running++;
    for (let tenantKey = queue.shift(); tenantKey !== undefined; tenantKey = queue.shift()) {
      // What changes from here on is for another time.
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
