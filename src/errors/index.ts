export { AppError } from './app-error.ts';
export {
  ForbiddenError,
  InvalidCredentialsError,
  PasswordChangeRequiredError,
  TokenExpiredError,
  UnauthenticatedError,
} from './authentication.ts';
export { type ErrorCode, errorCodes } from './error-code.ts';
export {
  ConflictError,
  type FieldProblem,
  LastAdministratorError,
  maximumProblems,
  NotFoundError,
  SeatLimitReachedError,
  ValidationFailedError,
} from './input.ts';
export { type Language, languages, say } from './messages/catalogue.ts';
export { type Message, message } from './messages/message.ts';
export { issueMessage, parseInput } from './parse-input.ts';
export {
  PayloadTooLargeError,
  PersistedQueryNotSupportedError,
  QueryTooComplexError,
  RateLimitedError,
  ServiceUnavailableError,
  UnsupportedMediaTypeError,
} from './request.ts';
export {
  TenantBusyError,
  TenantMismatchError,
  TenantNotFoundError,
  TenantOutdatedError,
  TenantRequiredError,
  TenantSuspendedError,
  TenantUnavailableError,
} from './tenant.ts';
