import { LRUCache } from 'lru-cache';

/** An answer without errors, as sent, and the version of the rows behind it. */
export interface CachedAnswer {
  readonly version: string;
  readonly json: string;
}

/** An LRU cache of this process's answers. */
export interface CachedAnswers {
  /** Returns the newest answer for that key, of any version. */
  find(key: string): CachedAnswer | undefined;
  /** Stores an answer, replacing an earlier one for the same key. */
  store(key: string, answer: CachedAnswer): void;
  /** The maximum memory that the answers take. */
  bytes(): number;
}

/** The limit for all answers: some 2,000 pages of 20 rows. */
const maximumBytes = 32 * 1_024 * 1_024;

/** The limit for one answer, so that a few long ones don't evict all others. */
const maximumAnswerBytes = 1_024 * 1_024;

/** An entry without its texts. */
const entryBytes = 400;

/** A character takes up to two bytes. */
const bytesPerCharacter = 2;

/** Creates the cache; entries expire after `ttlSeconds`. */
export function createCachedAnswers(ttlSeconds: number): CachedAnswers {
  const answers = new LRUCache<string, CachedAnswer>({
    maxSize: maximumBytes,
    maxEntrySize: maximumAnswerBytes,
    sizeCalculation: ({ version, json }, key) =>
      entryBytes + (key.length + version.length + json.length) * bytesPerCharacter,
    ttl: ttlSeconds * 1_000,
  });
  return {
    find: (key) => answers.get(key),
    store: (key, answer) => void answers.set(key, answer),
    bytes: () => answers.calculatedSize,
  };
}
