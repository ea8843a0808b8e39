import type { ErrorCode } from './error-code.ts';

/**
 * A failure that we expect and name. Its message, code and details are written for the client and hold
 * nothing secret; what only operators may know goes into `cause`, which is logged and never sent.
 */
export abstract class AppError extends Error {
  abstract readonly code: ErrorCode;

  /** Facts a client can act on, sent as further `extensions` beside the code. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
  }
}
