import { z } from 'zod';
import type { SharedCache } from '../../cache/index.ts';
import type { AnswerSeal } from './answer-seal.ts';
import type { KeptAnswer } from './kept-answers.ts';

/** Answers that all processes of the fleet have given, in Redis. */
export interface SharedAnswers {
  /** The answer to that key, of whatever version; null when there is none, or none to be had at once. */
  find(key: string): Promise<KeptAnswer | null>;
  /** Stores an answer, unless that can't be done at once. */
  keep(key: string, answer: KeptAnswer): void;
}

/** The use of Redis for answers. */
export interface SharedAnswersOptions {
  /** Seconds after which an answer is no longer taken. */
  readonly ttlSeconds: number;
  readonly seal: AnswerSeal;
  /** Called, every ten minutes at most, for an entry that is not the fleet's. */
  readonly onForgery: () => void;
}

/** Making an answer takes some milliseconds: a Redis that needs longer is of no use here. */
const patienceMilliseconds = 15;

/** A Redis that was too slow is left alone for this long. */
const restMilliseconds = 1_000;

/** A longer entry would hold up what processes tell each other on the same connection. */
const maximumCharacters = 256 * 1_024;

/** The pause between reports, since whoever writes to the cache could fill the log as well. */
const forgeryPauseMilliseconds = 600_000;

const entrySchema = z.tuple([z.string(), z.string()]);

/** Creates the shared answers over a cache that others may be able to read and to write. */
export function createSharedAnswers(
  cache: SharedCache,
  { ttlSeconds, seal, onForgery }: SharedAnswersOptions,
): SharedAnswers {
  let restsUntil = Number.NEGATIVE_INFINITY;
  let nextForgeryAt = Number.NEGATIVE_INFINITY;

  const isUsable = () => cache.fault() === null && performance.now() >= restsUntil;
  const nameOf = (key: string) => `answer:${seal.nameOf(key)}`;

  function open(key: string, sealed: string): KeptAnswer | null {
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
    keep(key, { version, json }) {
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
