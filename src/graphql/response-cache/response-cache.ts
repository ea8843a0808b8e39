import { hash } from 'node:crypto';
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, printSchema } from 'graphql';
import type { SharedCache } from '../../cache/index.ts';
import { answerKey, entityTag, type Question, type Requester } from './answer-key.ts';
import { createAnswerSeal } from './answer-seal.ts';
import { createCacheableCheck } from './cacheable-operations.ts';
import { createCachedAnswers } from './cached-answers.ts';
import { createSharedAnswers } from './shared-answers.ts';

/** A request admitted to a tenant, and the version of that tenant's rows, read after the request arrived. */
export interface VersionedRequester extends Requester {
  readonly version: string;
}

/** The answer to a question. */
export type Answer =
  /** It equals the copy that the client holds under this entity tag. */
  | { readonly kind: 'unchanged'; readonly etag: string }
  /**
   * It is the same for everybody who asks the same question about the same version; `etag` identifies it. `json` was
   * printed from `result`, which is null if it was not computed for this request.
   */
  | {
      readonly kind: 'cached';
      readonly json: string;
      readonly etag: string;
      readonly result: ExecutionResult | null;
    }
  /** It is for this request only. */
  | { readonly kind: 'executed'; readonly result: ExecutionResult };

/** Caches the answers to queries for as long as the underlying rows stay the same. */
export interface ResponseCache {
  /** Returns whether {@link ResponseCache.answer} needs the version, for an operation of a valid document. */
  isCacheable(document: DocumentNode, operationName: string | null): boolean;
  /**
   * Answers a question from the cache, or by `execute`, which does everything that it would without a cache. Call it
   * only after token, session, tenant and rights have been checked, and for a question within all limits.
   *
   * A cached answer is never outdated. Its version was read before any of its rows, and it is returned only to a
   * request for which a statement that began after the request found the same version. A change of rows becomes visible
   * together with a new version, and versions never recur, so no change became visible between those two statements.
   * The rows that the answer had read by then are those that the request would have read. Rows that it read later,
   * because it was still being computed, it read while the request was in progress, as the request itself might have.
   * So rows newer than the version, or of several versions, are shown only to requests that began before the change was
   * complete, and to none after it, because the version is gone.
   *
   * @param requester null for a request that is in no tenant, or whose operation isn't cacheable.
   * @param holds returns whether the client holds an answer with that entity tag.
   */
  answer(
    requester: VersionedRequester | null,
    question: Question,
    holds: (etag: string) => boolean,
    execute: () => Promise<ExecutionResult>,
  ): Promise<Answer>;
  statistics(): ResponseCacheStatistics;
}

/** The bytes in use, and the hits and misses since the start. */
export interface ResponseCacheStatistics {
  readonly hits: Readonly<Record<AnswerPlace, number>>;
  readonly misses: number;
  readonly bytes: number;
}

/** The place where an answer was found: at the client, in this process, or in Redis. */
export type AnswerPlace = (typeof answerPlaces)[number];

const answerPlaces = ['client', 'process', 'redis'] as const;

/** The dependencies of the cache. */
export interface ResponseCacheOptions {
  readonly schema: GraphQLSchema;
  /** Returns an identifier of this program, because another version may answer differently. */
  readonly build: () => string;
  /** Seconds after which an answer expires; 0 disables the cache. */
  readonly ttlSeconds: number;
  /** The cache in which processes share answers; null if they don't. */
  readonly shared: SharedCache | null;
  /** The secret that encrypts shared answers. */
  readonly encryptionKey: Uint8Array;
  /** Called, at most every ten minutes, for a shared answer that is not the fleet's. */
  readonly onForgery: () => void;
}

/** Creates the cache. */
export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { schema, ttlSeconds } = options;
  const isCacheable = createCacheableCheck(schema);
  const cached = createCachedAnswers(ttlSeconds);
  const shared =
    options.shared &&
    createSharedAnswers(options.shared, {
      ttlSeconds,
      seal: createAnswerSeal(options.encryptionKey),
      onForgery: options.onForgery,
    });
  /** Deferred until needed, because a process should serve soon after its start. */
  let known: string | undefined;
  const build = (): string => {
    known ??= hash('sha256', JSON.stringify([options.build(), printSchema(schema)]), 'base64url');
    return known;
  };
  const hits = { client: 0, process: 0, redis: 0 };
  let misses = 0;

  async function find(key: string, version: string): Promise<string | null> {
    const own = cached.find(key);
    if (own?.version === version) {
      hits.process++;
      return own.json;
    }
    const others = (await shared?.find(key)) ?? null;
    if (others?.version !== version) return null;
    hits.redis++;
    cached.store(key, others);
    return others.json;
  }

  return {
    isCacheable: (document, operationName) => ttlSeconds > 0 && isCacheable(document, operationName),
    async answer(requester, question, holds, execute) {
      if (!requester) return { kind: 'executed', result: await execute() };
      const { version } = requester;
      const key = answerKey(build(), requester, question);
      const etag = entityTag(key, version);
      if (holds(etag)) {
        hits.client++;
        return { kind: 'unchanged', etag };
      }
      const found = await find(key, version);
      if (found !== null) return { kind: 'cached', json: found, etag, result: null };
      misses++;
      const result = await execute();
      if (result.errors) return { kind: 'executed', result };
      const json = JSON.stringify(result);
      cached.store(key, { version, json });
      shared?.store(key, { version, json });
      return { kind: 'cached', json, etag, result };
    },
    statistics: () => ({ hits: { ...hits }, misses, bytes: cached.bytes() }),
  };
}
