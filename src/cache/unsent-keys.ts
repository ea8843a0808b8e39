/**
 * Invalidated keys that Redis has not received yet. They are retried until delivered, because a lost one would leave an
 * outdated value there.
 */
export interface UnsentKeys {
  /** Tries to deliver the key now and, if that fails, retries until it succeeds. */
  send(key: string): Promise<void>;
  /** Tries to deliver all pending keys. */
  flush(): Promise<void>;
  has(key: string): boolean;
  size(): number;
  /** Stops retrying. */
  close(): void;
}

const retryMilliseconds = 1_000;

/** Creates an empty set of keys. `deliver` returns whether it succeeded. */
export function createUnsentKeys(deliver: (key: string) => Promise<boolean>): UnsentKeys {
  /** The mark distinguishes a change from an earlier one of the same key that may still be in progress. */
  const unsent = new Map<string, symbol>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function attempt(key: string): Promise<void> {
    const mark = unsent.get(key);
    const delivered = await deliver(key);
    if (delivered && unsent.get(key) === mark) unsent.delete(key);
    if (unsent.size > 0 && !closed) retryLater();
  }

  function retryLater(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, retryMilliseconds);
    timer.unref();
  }

  async function flush(): Promise<void> {
    await Promise.all([...unsent.keys()].map(attempt));
  }

  return {
    async send(key) {
      unsent.set(key, Symbol(key));
      await attempt(key);
    },
    flush,
    has: (key) => unsent.has(key),
    size: () => unsent.size,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
