import type { AppError } from '../../errors/index.ts';

/** Wraps a named failure to pass it through Prisma, which replaces every error that has a code by its own. */
export class ConnectionRefusal extends Error {
  override readonly name = 'ConnectionRefusal';

  readonly failure: AppError;

  constructor(failure: AppError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}
