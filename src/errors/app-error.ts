import type { ErrorCode, ErrorDetails } from './contract.ts';
import { type Language, sayAll } from './messages/catalogue.ts';
import type { Message } from './messages/message.ts';

/**
 * An expected failure with a code. Its message and details are for the client and contain nothing secret; information
 * for operators goes into `cause`, which is logged and never sent.
 */
export abstract class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  abstract readonly code: Code;

  /** Facts a client can act on, sent as further `extensions` beside the code. */
  readonly details: ErrorDetails[Code];
  readonly #said: readonly Message[];

  /** @param said one sentence or more. */
  constructor(said: Message | readonly Message[], details: ErrorDetails[Code], options?: ErrorOptions) {
    const sentences = 'key' in said ? [said] : said;
    super(sayAll(sentences, 'en'), options);
    this.name = new.target.name;
    this.details = details;
    this.#said = sentences;
  }

  /** The message in the client's language. */
  messageIn(language: Language): string {
    return sayAll(this.#said, language);
  }

  /** The details in the client's language. */
  detailsIn(_language: Language): ErrorDetails[Code] {
    return this.details;
  }
}
