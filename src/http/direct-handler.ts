import type { Logger } from '../logging/logger.ts';
import { logClientGone, requestIdOf, unexpectedFailure } from './common-answer.ts';
import type { DirectWay, PlainAnswer, RequestHead } from './direct-way.ts';
import { NodeHeaders } from './header-reader.ts';

/** The direct way as the network has it: what `HttpHandler` adds to the answers of the ordinary way is added here. */
export interface DirectHandler extends Pick<DirectWay, 'takes'> {
  /**
   * Begins to answer a request that is taken, or returns null when it has to go the ordinary way.
   * @param address where the request came from.
   * @param signal tells that the client has given up: it then no longer waits for its turn.
   * @returns a promise that never rejects; of null when the client has given up.
   */
  answer(
    head: RequestHead,
    body: Uint8Array,
    address: string | null,
    signal?: AbortSignal,
  ): Promise<PlainAnswer | null> | null;
  /** Hears of a client that has given up before it had sent its body. */
  abandoned(head: RequestHead): void;
}

/** The status of the ordinary way's answer to a body that has not arrived. */
const bodyMissing = 400;

export function createDirectHandler(way: DirectWay, logger: Logger): DirectHandler {
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
    // An answer may hold anything of a tenant's.
    headers.push('cache-control', 'no-store', 'content-length', String(Buffer.byteLength(body)));
    return { status, headers, body };
  }

  return {
    takes: way.takes,
    answer(head, body, address, signal) {
      const requestId = requestIdOf(new NodeHeaders(head.headers));
      const answering = way.answer(head, body, { requestId, logger, address }, signal);
      return answering && complete(answering, requestId, signal);
    },
    abandoned({ headers }) {
      logClientGone(logger, requestIdOf(new NodeHeaders(headers)), bodyMissing);
    },
  };
}
