export { AppError } from './app-error.ts';
export {
  ForbiddenError,
  InvalidCredentialsError,
  PasswordChangeRequiredError,
  TokenExpiredError,
  UnauthenticatedError,
} from './authentication.ts';
export { ConflictError } from './conflict.ts';
export { type ErrorCode, type ErrorExtensions, errorCodes } from './contract.ts';
export { type FieldMessage, type FieldProblem, fieldErrors } from './field-problem.ts';
export {
  LastAdministratorError,
  maximumProblems,
  NotFoundError,
  SeatLimitReachedError,
  ValidationFailedError,
} from './input.ts';
export { type Language, languages, say } from './messages/catalogue.ts';
export { type Message, message } from './messages/message.ts';
export { nounOf } from './messages/noun.ts';
export { issueMessage, parseInput } from './parse-input.ts';
export {
  PayloadTooLargeError,
  PersistedQueryNotSupportedError,
  QueryTooComplexError,
  RateLimitedError,
  RequestInvalidError,
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
