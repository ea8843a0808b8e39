/** Keys that Redis is to be told of: tried until it has been, because a lost one would leave an outdated value there. */
export interface UnsentKeys {
  /** Tries at once, and if that fails again and again later. */
  send(key: string): Promise<void>;
  /** Tries all that are left. */
  flush(): Promise<void>;
  has(key: string): boolean;
  size(): number;
  /** Tries no more. */
  close(): void;
}

const retryMilliseconds = 1_000;

/** Makes the memory of what is still to be told. `deliver` says whether it could. */
export function createUnsentKeys(deliver: (key: string) => Promise<boolean>): UnsentKeys {
  /** The mark tells a change from an earlier one of the same key, which may be under way. */
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
