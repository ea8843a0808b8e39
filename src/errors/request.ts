import { AppError } from './app-error.ts';
import { type Message, message } from './messages/message.ts';

/** The HTTP request can't be parsed. */
export class RequestInvalidError extends AppError<'QUERY_INVALID'> {
  readonly code = 'QUERY_INVALID';

  constructor(said: Message, options?: ErrorOptions) {
    super(said, {}, options);
  }
}

/** The GraphQL document is deeper, longer or more expensive than the limits allow. */
export class QueryTooComplexError extends AppError<'QUERY_TOO_COMPLEX'> {
  readonly code = 'QUERY_TOO_COMPLEX';
}

/** The HTTP body is larger than the limit. */
export class PayloadTooLargeError extends AppError<'PAYLOAD_TOO_LARGE'> {
  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(limit: number) {
    super(message('request.bodyTooLarge', { limit }), { limit });
  }
}

/** The HTTP body has an unsupported content type. */
export class UnsupportedMediaTypeError extends AppError<'UNSUPPORTED_MEDIA_TYPE'> {
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';

  /** @param said what to send instead. */
  constructor(said: Message = message('request.mediaType')) {
    super(said, {});
  }
}

const persistedQueryNotSupported = 'PersistedQueryNotSupported';

/** The client sent a hash in place of the document. In answer to this error, it sends the document itself. */
export class PersistedQueryNotSupportedError extends AppError<'PERSISTED_QUERY_NOT_SUPPORTED'> {
  readonly code = 'PERSISTED_QUERY_NOT_SUPPORTED';

  constructor() {
    super(message('request.invalid'), {});
  }

  /** Clients compare this text, so it is the same in every language and not a sentence. */
  override messageIn(): string {
    return persistedQueryNotSupported;
  }
}

/** There were too many attempts from one address. `details.retryAfter` is the number of seconds to wait. */
export class RateLimitedError extends AppError<'RATE_LIMITED'> {
  readonly code = 'RATE_LIMITED';

  constructor(seconds: number) {
    super(message('auth.tooManyFailures', { seconds }), { retryAfter: seconds, retryable: true });
  }
}

/** Something that every tenant depends on, such as the central database, does not answer. The client retries later. */
export class ServiceUnavailableError extends AppError<'SERVICE_UNAVAILABLE'> {
  readonly code = 'SERVICE_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super(message('request.unavailable'), { retryable: true }, options);
  }
}
