import type { CacheFault } from './cache-fault.ts';

/**
 * A cache that all processes share, and a channel for invalidations. It never fails a request: while it is unreachable,
 * it logs that, reads find nothing, and writes are dropped. Invalidations are not dropped, but delivered once it is
 * reachable again.
 */
export interface SharedCache {
  /** The stored value, and the key's revision for {@link SharedCache.write}. */
  read(key: string): Promise<CachedValue>;
  /**
   * Stores `value`, unless the key was invalidated after `revision` was read, so that a slow loader doesn't undo an
   * invalidation.
   */
  write(key: string, value: string, revision: string): Promise<void>;
  /** Removes the key here and in every other process. */
  invalidate(key: string): Promise<void>;
  /**
   * Calls `listener` for each invalidated key, or with null when messages may have been missed and every key may be
   * outdated.
   */
  onInvalidated(listener: (key: string | null) => void): void;
  /**
   * Tries every function of the cache: reading, writing, and receiving invalidations. `absent` when none is configured.
   */
  health(): Promise<'healthy' | 'unhealthy' | 'absent'>;
  /** The fault, if known; null when there is none. */
  fault(): CacheFault | null;
  close(): Promise<void>;
}

/** The result of {@link SharedCache.read}; `value` is null when there was nothing. */
export interface CachedValue {
  readonly value: string | null;
  readonly revision: string;
  /** The age of the value. */
  readonly ageSeconds: number;
}

/** Replaces Redis when none is configured: shares nothing, and delivers invalidations within this process. */
export function createLocalCache(): SharedCache {
  const listeners: ((key: string | null) => void)[] = [];
  return {
    read: async () => ({ value: null, revision: '', ageSeconds: 0 }),
    write: async () => {},
    invalidate: async (key) => {
      for (const listener of listeners) listener(key);
    },
    onInvalidated: (listener) => {
      listeners.push(listener);
    },
    health: async () => 'absent',
    fault: () => null,
    close: async () => {},
  };
}
