/**
 * The closed list of codes that a client may meet in `errors[].extensions.code`.
 * A code is a contract: its meaning never changes, and messages may. Each has one class, but for those of faults
 * that the GraphQL libraries find (QUERY_INVALID) and of our own (INTERNAL_SERVER_ERROR).
 */
export const errorCodes = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'INVALID_CREDENTIALS',
  'PASSWORD_CHANGE_REQUIRED',
  'FORBIDDEN',
  'TENANT_REQUIRED',
  'TENANT_NOT_FOUND',
  'TENANT_SUSPENDED',
  'TENANT_UNAVAILABLE',
  'TENANT_BUSY',
  'TENANT_MISMATCH',
  'TENANT_OUTDATED',
  'VALIDATION_FAILED',
  'CONFLICT',
  'LAST_ADMINISTRATOR',
  'SEAT_LIMIT_REACHED',
  'NOT_FOUND',
  'RATE_LIMITED',
  'QUERY_INVALID',
  'QUERY_TOO_COMPLEX',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
] as const;

/** One code of the closed list. */
export type ErrorCode = (typeof errorCodes)[number];
