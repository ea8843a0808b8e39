/**
 * The contract of the API's errors, for clients to import or copy: this file imports nothing. The server's own classes
 * are typed by it, and docs/clients.md explains it.
 */

/** The closed list of codes in `errors[].extensions.code`. A code's meaning never changes, unlike messages. */
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

/** A code of an error. */
export type ErrorCode = (typeof errorCodes)[number];

/** The closed list of reasons in `extensions.fields[].reason`. */
export const fieldReasons = [
  'REQUIRED',
  'TOO_SHORT',
  'TOO_LONG',
  'OUT_OF_RANGE',
  'TOO_LARGE',
  'TOO_MANY',
  'INVALID_TYPE',
  'INVALID_VALUE',
  'INVALID_FORMAT',
  'INVALID_CHARACTERS',
  'RESERVED',
  'TOO_WEAK',
  'RECENTLY_USED',
  'INCORRECT',
  'NOT_FOUND',
  'TAKEN',
  'SELF_REFERENCE',
  'OUT_OF_REACH',
  'NOT_COMBINABLE',
] as const;

/** The reason why a field is invalid. */
export type FieldReason = (typeof fieldReasons)[number];

/** The closed list of reasons in the `extensions.reason` of a `CONFLICT`. */
export const conflictReasons = [
  'TAKEN',
  'DUPLICATE',
  'IN_USE',
  'STALE',
  'WRONG_STATE',
  'NOT_MIGRATED',
] as const;

/** The reason of a `CONFLICT`. */
export type ConflictReason = (typeof conflictReasons)[number];

/** An invalid field. */
export interface FieldError {
  /** From the argument down to the field, e.g. `['input', 'username']`. */
  readonly path: readonly (string | number)[];
  /** The message to show beside the field, in the client's language. */
  readonly message: string;
  readonly reason: FieldReason;
}

/** Rows of one type that depend on the row to be deleted. */
export interface DependentCount {
  /** The type's name in the schema, e.g. `User`. */
  readonly type: string;
  readonly count: number;
}

/** The extensions of a `CONFLICT`, by reason. */
export interface ConflictDetails {
  /**
   * Another row has the same value in a unique field. Where `duplicates` is there, it has the global ids of those rows
   * that the viewer may see.
   */
  readonly TAKEN: { readonly fields: readonly FieldError[]; readonly duplicates?: readonly string[] };
  /**
   * Other rows seem to be about the same thing, and the client hasn't said that they aren't. The viewer gets the global
   * ids of those that they may see.
   */
  readonly DUPLICATE: { readonly duplicates: readonly string[] };
  /**
   * Other rows depend on the row. The viewer gets the numbers of those that they may see, if they may read the row's
   * type.
   */
  readonly IN_USE: { readonly dependents?: readonly DependentCount[] };
  /** The row has been changed since it was read; tells when. */
  readonly STALE: { readonly updatedAt: string };
  /** The object's status doesn't allow the change; names the status as in the schema. */
  readonly WRONG_STATE: { readonly status: string };
  /** The tenant's database lacks migrations; names them and the command for an operator to run. */
  readonly NOT_MIGRATED: { readonly lacking: readonly string[]; readonly command: string };
}

type WithReason = {
  readonly [Reason in ConflictReason]: { readonly reason: Reason } & ConflictDetails[Reason];
};

type Nothing = Readonly<Record<never, never>>;

/** The extensions of each code besides the code itself. Waits are in seconds. */
export interface ErrorDetails {
  readonly UNAUTHENTICATED: Nothing;
  readonly TOKEN_EXPIRED: Nothing;
  readonly INVALID_CREDENTIALS: Nothing;
  readonly PASSWORD_CHANGE_REQUIRED: Nothing;
  readonly FORBIDDEN: Nothing;
  readonly TENANT_REQUIRED: Nothing;
  readonly TENANT_NOT_FOUND: Nothing;
  readonly TENANT_SUSPENDED: Nothing;
  readonly TENANT_UNAVAILABLE: { readonly retryable: true; readonly retryAfter?: number };
  readonly TENANT_BUSY: { readonly retryable: true; readonly retryAfter: number };
  readonly TENANT_MISMATCH: { readonly retryable: false };
  readonly TENANT_OUTDATED: { readonly retryable: true };
  readonly VALIDATION_FAILED: { readonly fields: readonly FieldError[] };
  readonly CONFLICT: WithReason[ConflictReason];
  readonly LAST_ADMINISTRATOR: Nothing;
  readonly SEAT_LIMIT_REACHED: { readonly maxUsers: number };
  readonly NOT_FOUND: Nothing;
  readonly RATE_LIMITED: { readonly retryable: true; readonly retryAfter: number };
  readonly QUERY_INVALID: Nothing;
  readonly QUERY_TOO_COMPLEX: { readonly limit: number; readonly complexity?: number };
  readonly PERSISTED_QUERY_NOT_SUPPORTED: Nothing;
  readonly PAYLOAD_TOO_LARGE: { readonly limit: number };
  readonly UNSUPPORTED_MEDIA_TYPE: Nothing;
  readonly SERVICE_UNAVAILABLE: { readonly retryable: true };
  readonly INTERNAL_SERVER_ERROR: { readonly requestId: string };
}

/** The extensions of an error: a union discriminated by the code and, for a `CONFLICT`, by the reason. */
export type ErrorExtensions = {
  readonly [Code in ErrorCode]: { readonly code: Code } & ErrorDetails[Code];
}[ErrorCode];
