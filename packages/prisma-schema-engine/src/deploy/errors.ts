/**
 * A migration or schema command failed. `code` is Prisma's error code (P1001, P3009, …), where it has one.
 * The message is meant for an operator and never contains a password.
 */
export class SchemaEngineError extends Error {
  override readonly name = 'SchemaEngineError';
  readonly code: string | undefined;

  constructor(message: string, code?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
