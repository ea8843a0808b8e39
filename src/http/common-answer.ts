import { randomUUID } from 'node:crypto';
import type { Logger } from '../logging/logger.ts';
import type { HeaderReader } from './header-reader.ts';

/** The status as nginx logs it. No client receives it. */
export const clientClosedRequest = 499;

/** A caller's own id is kept when it can't disturb a log line, so that one id follows a request through several services. */
export function requestIdOf(headers: HeaderReader): string {
  const given = headers.get('x-request-id');
  return given !== null && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Tells a debugger of an answer that nobody waited for. The request was completed, or not begun, like any other. */
export function logClientGone(logger: Logger, requestId: string, status: number): void {
  logger.debug(
    { requestId, status: clientClosedRequest, answer: status },
    'The client did not wait for the answer',
  );
}

/** Logs a failure that nothing else has caught. @returns what the client is told. */
export function unexpectedFailure(logger: Logger, requestId: string, error: unknown): object {
  logger.error({ err: error, requestId }, 'A request failed unexpectedly');
  return { error: 'Something went wrong on our side.', requestId };
}
