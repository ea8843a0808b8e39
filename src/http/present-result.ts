import type { ExecutionResult } from 'graphql';
import { type ErrorOrigin, presentError } from '../graphql/error-presentation.ts';

/** A result as the client may see it. */
export interface PresentedResult {
  readonly result: ExecutionResult;
  /** The seconds to wait before retrying, if an error names them. */
  readonly retryAfter: number | null;
}

/** Turns the errors of a result into what the client may see. */
export function presentResult(result: ExecutionResult, origin: ErrorOrigin): PresentedResult {
  if (!result.errors) return { result, retryAfter: null };
  const errors = result.errors.map((error) => presentError(error, origin));
  const waits = errors.flatMap(({ extensions: { retryAfter } }) =>
    typeof retryAfter === 'number' ? [retryAfter] : [],
  );
  return { result: { ...result, errors }, retryAfter: waits.length > 0 ? Math.max(...waits) : null };
}
