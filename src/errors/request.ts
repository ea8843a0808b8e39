import { AppError } from './app-error.ts';

/** The GraphQL document is deeper, longer or dearer than the limits allow. */
export class QueryTooComplexError extends AppError {
  readonly code = 'QUERY_TOO_COMPLEX';
}

/** The HTTP body is larger than the limit. */
export class PayloadTooLargeError extends AppError {
  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(limit: number) {
    super(`The request body may have at most ${limit} bytes.`, { limit });
  }
}

/** The HTTP body has a content type that we do not take. */
export class UnsupportedMediaTypeError extends AppError {
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';

  constructor() {
    super('Send the request as "Content-Type: application/json".');
  }
}

/** Something that every tenant needs, such as the central database, does not answer. Try again later. */
export class ServiceUnavailableError extends AppError {
  readonly code = 'SERVICE_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super('The service is not available right now. Try again later.', { retryable: true }, options);
  }
}
