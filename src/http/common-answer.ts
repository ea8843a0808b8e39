import { randomUUID } from 'node:crypto';
import type { Logger } from '../logging/logger.ts';
import type { HeaderReader } from './header-reader.ts';

/** The status that nginx logs for this. No client receives it. */
export const clientClosedRequest = 499;

/** Keeps the caller's id if it is safe to log, so that one id follows a request through several services. */
export function requestIdOf(headers: HeaderReader): string {
  const given = headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/**
 * Logs, for debugging, an answer that its client no longer waited for. The request was completed or never begun, like
 * any other.
 */
export function logClientGone(logger: Logger, requestId: string, status: number): void {
  logger.debug(
    { requestId, status: clientClosedRequest, answer: status },
    'The client did not wait for the answer',
  );
}

/** Logs a failure that nothing else has caught. @returns the error for the client. */
export function unexpectedFailure(logger: Logger, requestId: string, error: unknown): object {
  logger.error({ err: error, requestId }, 'A request failed unexpectedly');
  return { error: 'Something went wrong on our side.', requestId };
}
