import type { Answer } from '../graphql/response-cache/response-cache.ts';

/** One request's answer, of which its client may have a copy (RFC 9110, section 13). */
export interface ConditionalAnswer {
  /** Returns whether the client has kept an answer of that entity tag. */
  holds(etag: string): boolean;
  /** Notes the answer that is about to be sent. */
  note(answer: Answer): void;
  /** Completes the response: with its entity tag and with who may keep it, and without a body if the client has that. */
  complete(response: Response): Response;
}

/**
 * Headers of an answer that has an entity tag. Only the client itself may keep it, and asks before each use, because
 * nobody but the database knows whether it still holds.
 */
const cacheControl = 'private, no-cache';

/** Headers that an answer with an entity tag depends on, besides those that every answer does. */
const varying = ['Authorization', 'Accept'];

/** Headers about a body that isn't sent. */
const bodyHeaders = ['content-type', 'content-length', 'content-language'];

/** Creates the conditional answer to a request. Only queries by `GET` have entity tags: nobody keeps answers to a `POST`. */
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
      if (answer.kind !== 'held') return response;
      for (const name of bodyHeaders) response.headers.delete(name);
      return new Response(null, { status: 304, headers: response.headers });
    },
  };
}

/**
 * The tags that an `If-None-Match` names, to be compared weakly, as RFC 9110 wants it for this header: proxies that
 * compress an answer weaken its tag.
 */
export function entityTags(ifNoneMatch: string | null): string[] {
  return (ifNoneMatch ?? '').match(/"[^"]*"/g) ?? [];
}
