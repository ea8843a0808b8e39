import { z } from 'zod';
import type { SharedCache } from '../../cache/index.ts';
import type { AnswerSeal } from './answer-seal.ts';
import type { CachedAnswer } from './cached-answers.ts';

/** The answers of all processes of the fleet, in Redis. */
export interface SharedAnswers {
  /**
   * Returns the answer for that key, of any version; null when there is none, or Redis is not immediately available.
   */
  find(key: string): Promise<CachedAnswer | null>;
  /** Stores an answer, if Redis is immediately available. */
  store(key: string, answer: CachedAnswer): void;
}

/** The settings for sharing answers in Redis. */
export interface SharedAnswersOptions {
  /** Seconds after which an answer expires. */
  readonly ttlSeconds: number;
  readonly seal: AnswerSeal;
  /** Called, at most every ten minutes, for an entry that is not the fleet's. */
  readonly onForgery: () => void;
}

/** Computing an answer takes some milliseconds, so a slower Redis is useless here. */
const patienceMilliseconds = 15;

/** A Redis that was too slow is not used for this long. */
const restMilliseconds = 1_000;

/** A longer entry would delay the processes' messages on the same connection. */
const maximumCharacters = 256 * 1_024;

/** The interval between reports, since anybody who can write to the cache could otherwise fill the log. */
const forgeryPauseMilliseconds = 600_000;

const entrySchema = z.tuple([z.string(), z.string()]);

/** Creates the shared answers on a cache that others may be able to read and write. */
export function createSharedAnswers(
  cache: SharedCache,
  { ttlSeconds, seal, onForgery }: SharedAnswersOptions,
): SharedAnswers {
  let restsUntil = Number.NEGATIVE_INFINITY;
  let nextForgeryAt = Number.NEGATIVE_INFINITY;

  const isUsable = () => cache.fault() === null && performance.now() >= restsUntil;
  const nameOf = (key: string) => `answer:${seal.nameOf(key)}`;

  function open(key: string, sealed: string): CachedAnswer | null {
    const text = seal.open(key, sealed);
    if (text === null) {
      if (performance.now() >= nextForgeryAt) {
        nextForgeryAt = performance.now() + forgeryPauseMilliseconds;
        onForgery();
      }
      return null;
    }
    const [version, json] = entrySchema.parse(JSON.parse(text));
    return { version, json };
  }

  return {
    async find(key) {
      if (!isUsable()) return null;
      const found = await within(patienceMilliseconds, cache.read(nameOf(key)));
      if (found === 'late') {
        restsUntil = performance.now() + restMilliseconds;
        return null;
      }
      return found.value === null || found.ageSeconds >= ttlSeconds ? null : open(key, found.value);
    },
    store(key, { version, json }) {
      if (!isUsable() || json.length > maximumCharacters) return;
      void cache.write(nameOf(key), seal.seal(key, JSON.stringify([version, json])), '');
    },
  };
}

function within<T>(milliseconds: number, work: Promise<T>): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve('late'), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
