import { z } from 'zod';
import { type AppError, TenantBusyError, TenantUnavailableError } from '../errors/index.ts';
import { ConnectionRefusal } from './connections/connection-refusal.ts';
import { UnusableServerError } from './unusable-server-error.ts';

const adapterCauseSchema = z.object({
  kind: z.string(),
  originalCode: z.string().optional(),
  constraint: z
    .union([z.object({ fields: z.array(z.string()) }), z.object({ index: z.string() })])
    .optional()
    .catch(undefined),
});

/** The part of Prisma's and the driver's errors that we read. */
const databaseErrorSchema = z.object({
  message: z.string().default(''),
  code: z.string().optional(),
  meta: z
    .object({ driverAdapterError: z.object({ cause: adapterCauseSchema }) })
    .optional()
    .catch(undefined),
  /** Errors of a commit arrive as the adapter threw them. */
  cause: adapterCauseSchema.optional().catch(undefined),
});

const unavailableKinds = new Set([
  'AuthenticationFailed',
  'ConnectionClosed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
]);

/**
 * SQLSTATE classes and codes of a failed connection rather than a bad statement (PostgreSQL manual, appendix A).
 * 55000 means that a database currently accepts no connections, as none of our statements raises it. The rest are
 * what a valid statement gets from a database in trouble: read-only, out of disk or memory, or too slow to answer in
 * time.
 */
const unavailableSqlStates = /^(08...|28...|3D000|53...|55000|57P0[1-5]|25006|25P0[34]|57014|58...)$/;

/** Two transactions conflicted, and one has to be retried: serialization failure, deadlock, lock timeout. */
const contentionSqlStates = /^(40001|40P01|55P03)$/;

const unavailableSystemErrors =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** node-postgres throws plain errors without a code for these. PostgreSQL's own messages may be in any language. */
const unavailableMessages =
  /^Connection terminated|^timeout exceeded when trying to connect|^timeout expired|^Client has encountered a connection error|^Client was closed/;

/**
 * Returns whether `error` means that the database could not be reached or used, rather than that it refused a
 * statement.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof UnusableServerError) return true;
  const parsed = databaseErrorSchema.safeParse(error);
  if (!parsed.success) return false;
  const { code = '', message, meta } = parsed.data;
  const cause = meta?.driverAdapterError.cause ?? parsed.data.cause;
  return (
    code === 'P1001' ||
    unavailableSystemErrors.test(code) ||
    unavailableSqlStates.test(cause?.originalCode ?? code) ||
    (cause !== undefined && unavailableKinds.has(cause.kind)) ||
    (code === '' && unavailableMessages.test(message))
  );
}

/** Returns whether `error` says that a transaction was aborted in favor of another one. */
export function isContention(error: unknown): boolean {
  const parsed = databaseErrorSchema.safeParse(error);
  if (!parsed.success) return false;
  const { code = '', meta } = parsed.data;
  const cause = meta?.driverAdapterError.cause ?? parsed.data.cause;
  return code === 'P2034' || contentionSqlStates.test(cause?.originalCode ?? code);
}

/** Prisma gave up waiting for a connection to begin a transaction on. */
const busyTransactionSchema = z.object({
  code: z.literal('P2028'),
  message: z.string().regex(/Unable to start a transaction in the given time/),
});

/** A transaction exceeded its time limit: each of its statements took long, or waited for another session's. */
const expiredTransactionSchema = z.object({
  code: z.literal('P2028'),
  message: z.string().regex(/expired transaction/),
});

const statementTimeout = '57014';

/** Returns whether a statement, or the transaction that it is part of, exceeded its time limit. */
export function isTimedOut(error: unknown): boolean {
  if (expiredTransactionSchema.safeParse(error).success) return true;
  const parsed = databaseErrorSchema.safeParse(error).data;
  const cause = parsed?.meta?.driverAdapterError.cause ?? parsed?.cause;
  return (cause?.originalCode ?? parsed?.code) === statementTimeout;
}

/** A retry after a second may find a connection. */
const busyRetrySeconds = 1;

/** Returns the named error for a tenant's database that did not answer; null for other errors. */
export function databaseFailure(error: unknown): AppError | null {
  if (error instanceof ConnectionRefusal) return error.failure;
  if (isDatabaseUnavailable(error) || expiredTransactionSchema.safeParse(error).success) {
    return new TenantUnavailableError({ cause: error });
  }
  if (busyTransactionSchema.safeParse(error).success || isContention(error)) {
    return new TenantBusyError(busyRetrySeconds, { cause: error });
  }
  return null;
}

/** A violated constraint: a duplicate unique value, or a reference to a missing row. */
export interface ConstraintViolation {
  readonly kind: 'unique' | 'foreignKey';
  /** The name of the index or the columns, as far as known. */
  readonly constraint: string;
}

/** Returns the constraint that `error` says was violated; null for other errors. */
export function constraintViolation(error: unknown): ConstraintViolation | null {
  const parsed = databaseErrorSchema.safeParse(error);
  if (!parsed.success) return null;
  const kind = parsed.data.code === 'P2002' ? 'unique' : parsed.data.code === 'P2003' ? 'foreignKey' : null;
  if (kind === null) return null;
  const constraint = parsed.data.meta?.driverAdapterError.cause.constraint;
  if (constraint === undefined) return { kind, constraint: '' };
  return { kind, constraint: 'index' in constraint ? constraint.index : constraint.fields.join(',') };
}

/** Returns whether `error` says that the database role lacks a privilege. */
export function isMissingPrivilege(error: unknown): boolean {
  const meta = databaseErrorSchema.safeParse(error).data?.meta;
  return meta?.driverAdapterError.cause.originalCode === '42501';
}

/** Undefined table, column, function and schema. */
const missingSqlStates = /^(42P01|42703|42883|3F000)$/;

/** Returns whether a statement used a table, a column or the like that the database does not have. */
export function isSchemaMissing(error: unknown): boolean {
  const parsed = databaseErrorSchema.safeParse(error);
  if (!parsed.success) return false;
  const { code = '', meta } = parsed.data;
  const cause = meta?.driverAdapterError.cause ?? parsed.data.cause;
  return code === 'P2021' || code === 'P2022' || missingSqlStates.test(cause?.originalCode ?? code);
}

/** Returns whether `error` says that a table is missing because the database has not been migrated. */
export function isMissingTable(error: unknown): boolean {
  return databaseErrorSchema.safeParse(error).data?.code === 'P2021';
}
