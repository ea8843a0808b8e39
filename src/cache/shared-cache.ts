import type { CacheFault } from './cache-fault.ts';

/**
 * A cache that every process sees, and the channel on which they tell each other what is no longer true.
 * It never fails a request: when it can't be reached, reads find nothing and writes are lost, and it logs.
 * Invalidations are not lost, but delivered once it can be reached again.
 */
export interface SharedCache {
  /** The stored value, and the key's revision for {@link SharedCache.write}. */
  read(key: string): Promise<CachedValue>;
  /** Stores `value`, unless the key was invalidated after `revision` was read: a slow loader must not undo an invalidation. */
  write(key: string, value: string, revision: string): Promise<void>;
  /** Forgets the key here and tells every process to do so. */
  invalidate(key: string): Promise<void>;
  /** Calls `listener` for each key that is no longer true; with null when messages may have been missed and all keys are in doubt. */
  onInvalidated(listener: (key: string | null) => void): void;
  /** Tries all that the cache is for: reading, writing, and receiving changes. `absent` when none is configured. */
  health(): Promise<'healthy' | 'unhealthy' | 'absent'>;
  /** The fault, as far as it is known; null when there is none. */
  fault(): CacheFault | null;
  close(): Promise<void>;
}

/** What {@link SharedCache.read} found; `value` is null when there was nothing. */
export interface CachedValue {
  readonly value: string | null;
  readonly revision: string;
  /** How long ago the value was stored. */
  readonly ageSeconds: number;
}

/** Stands in when no Redis is configured: shares nothing, and delivers invalidations within this process. */
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
