export { AppError } from './app-error.ts';
export {
  ForbiddenError,
  InvalidCredentialsError,
  TokenExpiredError,
  UnauthenticatedError,
} from './authentication.ts';
export { type ErrorCode, errorCodes } from './error-code.ts';
export { ConflictError, type FieldProblem, NotFoundError, ValidationFailedError } from './input.ts';
export { parseInput } from './parse-input.ts';
export {
  PayloadTooLargeError,
  QueryTooComplexError,
  ServiceUnavailableError,
  UnsupportedMediaTypeError,
} from './request.ts';
export {
  TenantNotFoundError,
  TenantRequiredError,
  TenantSuspendedError,
  TenantUnavailableError,
} from './tenant.ts';
