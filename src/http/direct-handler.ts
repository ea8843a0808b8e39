import type { Logger } from '../logging/logger.ts';
import { logClientGone, requestIdOf, unexpectedFailure } from './common-answer.ts';
import type { DirectPath, PlainAnswer, RequestHead } from './direct-path.ts';
import { NodeHeaders } from './header-reader.ts';

/**
 * The direct path as served to the network. It adds the headers that `HttpHandler` adds to answers of the ordinary
 * path.
 */
export interface DirectHandler extends Pick<DirectPath, 'takes'> {
  /**
   * Begins to answer an accepted request, or returns null when the request has to take the ordinary path.
   * @param address where the request came from.
   * @param signal aborted when the client has given up; the request then stops waiting for its turn.
   * @returns a promise that never rejects, and resolves to null when the client has given up.
   */
  answer(
    head: RequestHead,
    body: Uint8Array,
    address: string | null,
    signal?: AbortSignal,
  ): Promise<PlainAnswer | null> | null;
  /** Called when a client has given up before sending its whole body. */
  abandoned(head: RequestHead): void;
}

/** The status that the ordinary path answers when the body never arrives. */
const bodyMissing = 400;

export function createDirectHandler(path: DirectPath, logger: Logger): DirectHandler {
  async function complete(
    answering: Promise<PlainAnswer>,
    requestId: string,
    signal: AbortSignal | undefined,
  ): Promise<PlainAnswer | null> {
    const { status, headers, body } = await answering.catch((error: unknown) => ({
      status: 500,
      headers: ['content-type', 'application/json'],
      body: JSON.stringify(unexpectedFailure(logger, requestId, error)),
    }));
    if (signal?.aborted) {
      logClientGone(logger, requestId, status);
      return null;
    }
    headers.push('x-request-id', requestId, 'x-content-type-options', 'nosniff');
    // An answer may contain any of a tenant's data.
    headers.push('cache-control', 'no-store', 'content-length', String(Buffer.byteLength(body)));
    return { status, headers, body };
  }

  return {
    takes: path.takes,
    answer(head, body, address, signal) {
      const requestId = requestIdOf(new NodeHeaders(head.headers));
      const answering = path.answer(head, body, { requestId, logger, address }, signal);
      return answering && complete(answering, requestId, signal);
    },
    abandoned({ headers }) {
      logClientGone(logger, requestIdOf(new NodeHeaders(headers)), bodyMissing);
    },
  };
}
