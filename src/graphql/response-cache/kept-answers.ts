import { LRUCache } from 'lru-cache';

/** An answer without errors, as it was sent, and the version of the rows that it was made from. */
export interface KeptAnswer {
  readonly version: string;
  readonly json: string;
}

/** Answers that this process has given, the least recently used out first. */
export interface KeptAnswers {
  /** The newest answer to that key, of whatever version. */
  find(key: string): KeptAnswer | undefined;
  /** Keeps an answer in place of an earlier one to the same key. */
  keep(key: string, answer: KeptAnswer): void;
  /** The memory that they take, at most. */
  bytes(): number;
}

/** The bound for all answers: some 2,000 pages of 20 rows. */
const maximumBytes = 32 * 1_024 * 1_024;

/** The bound for one answer: a few long ones must not take the place of all others. */
const maximumAnswerBytes = 1_024 * 1_024;

/** An entry without its texts. */
const entryBytes = 400;

/** A character takes up to two. */
const bytesPerCharacter = 2;

/** Creates the memory of answers; none is kept for longer than `ttlSeconds`. */
export function createKeptAnswers(ttlSeconds: number): KeptAnswers {
  const answers = new LRUCache<string, KeptAnswer>({
    maxSize: maximumBytes,
    maxEntrySize: maximumAnswerBytes,
    sizeCalculation: ({ version, json }, key) =>
      entryBytes + (key.length + version.length + json.length) * bytesPerCharacter,
    ttl: ttlSeconds * 1_000,
  });
  return {
    find: (key) => answers.get(key),
    keep: (key, answer) => void answers.set(key, answer),
    bytes: () => answers.calculatedSize,
  };
}
