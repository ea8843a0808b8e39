import type { AppError } from '../../errors/index.ts';

/**
 * Carries a failure that we name through Prisma, which makes an error of its own of any that has a code, and lets
 * others pass.
 */
export class ConnectionRefusal extends Error {
  override readonly name = 'ConnectionRefusal';

  readonly failure: AppError;

  constructor(failure: AppError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}
