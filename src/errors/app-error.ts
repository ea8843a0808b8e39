import type { ErrorCode } from './error-code.ts';
import { type Language, say } from './messages/catalogue.ts';
import type { Message } from './messages/message.ts';

/**
 * A failure that we expect and name. What it says and its details are written for the client and hold
 * nothing secret; what only operators may know goes into `cause`, which is logged and never sent.
 */
export abstract class AppError extends Error {
  abstract readonly code: ErrorCode;

  /** Facts a client can act on, sent as further `extensions` beside the code. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly #said: Message;

  constructor(said: Message, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(say(said, 'en'), options);
    this.name = new.target.name;
    this.details = details;
    this.#said = said;
  }

  /** The message in the client's language. */
  messageIn(language: Language): string {
    return say(this.#said, language);
  }

  /** The details in the client's language. */
  detailsIn(_language: Language): Readonly<Record<string, unknown>> {
    return this.details;
  }
}
