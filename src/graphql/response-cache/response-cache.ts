import { hash } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, printSchema } from 'graphql';
import type { SharedCache } from '../../cache/index.ts';
import { type Asker, answerKey, entityTag, type Question } from './answer-key.ts';
import { createAnswerSeal } from './answer-seal.ts';
import { createKeepableCheck } from './keepable-operations.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { createSharedAnswers } from './shared-answers.ts';

/** A request that has been let into a tenant, and the version of that tenant's rows, read since the request came. */
export interface VersionedAsker extends Asker {
  readonly version: string;
}

/** The answer to a question. */
export type Answer =
  /** It is what the client has kept under this entity tag. */
  | { readonly kind: 'held'; readonly etag: string }
  /**
   * It holds for everybody who asks the same of the same version; `etag` names it. `result` is what `json` was printed
   * from, and null when it was not made for this request.
   */
  | {
      readonly kind: 'kept';
      readonly json: string;
      readonly etag: string;
      readonly result: ExecutionResult | null;
    }
  /** It holds for this request alone. */
  | { readonly kind: 'executed'; readonly result: ExecutionResult };

/** Keeps the answers of queries for as long as the rows stay that they were made from. */
export interface ResponseCache {
  /** Returns whether {@link ResponseCache.answer} wants to know the version, for an operation of a valid document. */
  keeps(document: DocumentNode, operationName: string | null): boolean;
  /**
   * Answers a question from what is kept, or by `execute`, which does all that it would without a cache. To be called
   * when token, session, tenant and rights have been looked at, and for a question within all limits.
   *
   * Why a kept answer is never outdated: its version was read before any of its rows, and it is given only to a request
   * for which a statement that began after the request has found the same version. Whoever changes rows makes another
   * version visible together with them, and versions never come back, so no change became visible between those two
   * statements. What the answer had read by then is what the request would have read. What it read later, because it
   * was still being made, it read while the request was under way, as the request itself might have. So rows that are
   * newer than the version, or of several versions, are shown only to those who asked before the change was done, and
   * to nobody after it, because the version is gone.
   *
   * @param asker null for a request that is in no tenant, or whose operation the cache doesn't keep.
   * @param holds tells whether the client has an answer of that entity tag.
   */
  answer(
    asker: VersionedAsker | null,
    question: Question,
    holds: (etag: string) => boolean,
    execute: () => Promise<ExecutionResult>,
  ): Promise<Answer>;
  statistics(): ResponseCacheStatistics;
}

/** Bytes kept, and hits and misses since the start. */
export interface ResponseCacheStatistics {
  readonly hits: Readonly<Record<AnswerPlace, number>>;
  readonly misses: number;
  readonly bytes: number;
}

/** The place where an answer was found: with the client, in this process, or in Redis. */
export type AnswerPlace = (typeof answerPlaces)[number];

const answerPlaces = ['client', 'process', 'redis'] as const;

/** The parts of the cache. */
export interface ResponseCacheOptions {
  readonly schema: GraphQLSchema;
  /** Returns what tells this program from every other that may have answered before: another might answer otherwise. */
  readonly build: () => string;
  /** Seconds for which an answer is kept; 0 keeps none. */
  readonly ttlSeconds: number;
  /** The cache in which processes share answers; null when they don't. */
  readonly shared: SharedCache | null;
  /** The secret that seals shared answers. */
  readonly encryptionKey: Uint8Array;
  /** Called, every ten minutes at most, for a shared answer that is not the fleet's. */
  readonly onForgery: () => void;
}

/** Creates the cache. */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { schema, ttlSeconds } = options;
  const isKeepable = createKeepableCheck(schema);
  const kept = createKeptAnswers(ttlSeconds);
  const shared =
    options.shared &&
    createSharedAnswers(options.shared, {
      ttlSeconds,
      seal: createAnswerSeal(options.encryptionKey),
      onForgery: options.onForgery,
    });
  /** Not before it is needed: a process should serve soon after its start. */
  let known: string | undefined;
  const build = (): string => {
    known ??= hash('sha256', JSON.stringify([options.build(), printSchema(schema)]), 'base64url');
    return known;
  };
  const hits = { client: 0, process: 0, redis: 0 };
  let misses = 0;

  async function find(key: string, version: string): Promise<string | null> {
    const own = kept.find(key);
    if (own?.version === version) {
      hits.process++;
      return own.json;
    }
    const others = (await shared?.find(key)) ?? null;
    if (others?.version !== version) return null;
    hits.redis++;
    kept.keep(key, others);
    return others.json;
  }

  return {
    keeps: (document, operationName) => ttlSeconds > 0 && isKeepable(document, operationName),
    async answer(asker, question, holds, execute) {
      if (!asker) return { kind: 'executed', result: await execute() };
      const { version } = asker;
      const key = answerKey(build(), asker, question);
      const etag = entityTag(key, version);
      if (holds(etag)) {
        hits.client++;
        return { kind: 'held', etag };
      }
      const found = await find(key, version);
      if (found !== null) return { kind: 'kept', json: found, etag, result: null };
      misses++;
      const result = await execute();
      if (result.errors) return { kind: 'executed', result };
      const json = JSON.stringify(result);
      kept.keep(key, { version, json });
      shared?.keep(key, { version, json });
      return { kind: 'kept', json, etag, result };
    },
    statistics: () => ({ hits: { ...hits }, misses, bytes: kept.bytes() }),
  };
}
