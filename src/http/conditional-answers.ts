import type { Answer } from '../graphql/response-cache/response-cache.ts';

/** The answer to a request whose client may hold a copy of it (RFC 9110, section 13). */
export interface ConditionalAnswer {
  /** Returns whether the client holds an answer with that entity tag. */
  holds(etag: string): boolean;
  /** Sets the entity tag of the answer that is about to be sent. */
  note(answer: Answer): void;
  /** Completes the response: adds its entity tag and caching headers, and drops the body if the client holds it. */
  complete(response: Response): Response;
}

/**
 * Headers of an answer with an entity tag. Only the client itself may cache it, and must revalidate it before each use,
 * because only the database knows whether it is still current.
 */
const cacheControl = 'private, no-cache';

/** Request headers that an answer with an entity tag varies by, besides those that all answers do. */
const varying = ['Authorization', 'Accept'];

/** Headers that describe a body, which isn't sent. */
const bodyHeaders = ['content-type', 'content-length', 'content-language'];

/**
 * Creates the conditional answer to a request. Only queries by `GET` have entity tags, because answers to a `POST`
 * aren't cached.
 */
export function createConditionalAnswer({
  method,
  headers,
}: Pick<Request, 'method' | 'headers'>): ConditionalAnswer {
  const held = method === 'GET' ? entityTags(headers.get('if-none-match')) : [];
  let answer: Answer | null = null;
  return {
    holds: (etag) => held.includes(etag),
    note(sent) {
      answer = sent;
    },
    complete(response) {
      if (method !== 'GET' || !answer || answer.kind === 'executed' || response.status !== 200)
        return response;
      response.headers.set('etag', answer.etag);
      response.headers.set('cache-control', cacheControl);
      for (const name of varying) response.headers.append('vary', name);
      if (answer.kind !== 'unchanged') return response;
      for (const name of bodyHeaders) response.headers.delete(name);
      return new Response(null, { status: 304, headers: response.headers });
    },
  };
}

/**
 * The tags in an `If-None-Match`, for weak comparison, which RFC 9110 requires for this header: proxies that compress
 * an answer weaken its tag.
 */
export function entityTags(ifNoneMatch: string | null): string[] {
  return (ifNoneMatch ?? '').match(/"[^"]*"/g) ?? [];
}
