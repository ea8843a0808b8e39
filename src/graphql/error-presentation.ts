import { type ExecutionResult, GraphQLError, Kind } from 'graphql';
import { databaseFailure } from '../db/database-errors.ts';
import {
  AppError,
  type ErrorCode,
  type ErrorExtensions,
  errorCodes,
  type Language,
  message,
  ServiceUnavailableError,
  say,
  ValidationFailedError,
} from '../errors/index.ts';
import type { Logger } from '../logging/logger.ts';
import { outdatedSchemaFailure } from '../tenancy/outdated-schema.ts';
import { translateFault } from './fault-translation.ts';
import { valueProblem } from './value-problem.ts';

/** Which request an error belongs to. */
export interface ErrorOrigin {
  readonly requestId: string;
  readonly logger: Logger;
  /** What the client reads best. */
  readonly language: Language;
}

/**
 * Turns whatever went wrong into what the client may see. Expected failures keep their message, code and
 * details. Faults of the document keep their message. Everything else is logged with the request id and
 * answered with that id alone.
 */
export function presentError(error: unknown, origin: ErrorOrigin): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof AppError) return presentAppError(cause, error, origin);
  if (cause instanceof GraphQLError && isFaultOfTheRequest(cause, error)) {
    const problem = error instanceof GraphQLError ? valueProblem(error) : null;
    return problem
      ? presentAppError(new ValidationFailedError([problem]), error, origin)
      : presentDocumentError(cause, origin.language);
  }
  const failure = databaseFailure(cause);
  if (failure) return presentAppError(failure, error, origin);
  origin.logger.error({ err: cause, requestId: origin.requestId }, 'A request failed unexpectedly');
  return withPlace(error, say(message('request.unexpected'), origin.language), {
    ...({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: origin.requestId,
    } satisfies ErrorExtensions),
    ...httpExtension(error),
  });
}

/**
 * Names failures that depend on whose database it was. A request that is in no tenant asks the central one alone.
 * @param tenantKey the tenant that the request was in, or null.
 */
export function nameDatabaseFailures(result: ExecutionResult, tenantKey: string | null): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.map((error) => {
    const cause = rootCause(error);
    // Named already where the database was known: a manager's request may query a tenant's.
    const originalError = cause instanceof AppError ? null : databaseFailureIn(tenantKey, cause);
    if (!originalError) return error;
    const { message: text, nodes, path, extensions } = error;
    return new GraphQLError(text, { nodes: nodes ?? null, path: path ?? null, extensions, originalError });
  });
  return { ...result, errors };
}

function databaseFailureIn(tenantKey: string | null, cause: unknown): AppError | null {
  if (tenantKey !== null) return outdatedSchemaFailure(cause, tenantKey);
  return databaseFailure(cause) && new ServiceUnavailableError({ cause });
}

function presentAppError(
  failure: AppError,
  error: unknown,
  { logger, requestId, language }: ErrorOrigin,
): GraphQLError {
  const { code, cause } = failure;
  if (cause !== undefined) logger[levelOf(code)]({ err: cause, requestId, code }, failure.message);
  return withPlace(error, failure.messageIn(language), {
    code: failure.code,
    ...failure.detailsIn(language),
    // Whichever media type the client accepts: a request that was refused unexecuted hasn't succeeded.
    ...(code === 'QUERY_TOO_COMPLEX' ? { http: { status: 400 } } : httpExtension(error)),
  });
}

/** An outage is the operator's to know; a bad token or a taken username is the client's. */
function levelOf(code: ErrorCode): 'error' | 'warn' | 'debug' {
  // Unlike the others, it lasts until somebody runs the command in the log.
  if (code === 'TENANT_OUTDATED') return 'error';
  return code === 'TENANT_UNAVAILABLE' || code === 'SERVICE_UNAVAILABLE' ? 'warn' : 'debug';
}

/** The engine's messages quote values of any length. */
const maximumReasonLength = 500;

function shorten(reason: string): string {
  return reason.length > maximumReasonLength ? `${reason.slice(0, maximumReasonLength)}…` : reason;
}

/** A fault that the GraphQL engine found in the document, the variables or the HTTP request itself. */
function presentDocumentError(error: GraphQLError, language: Language): GraphQLError {
  const { code } = error.extensions;
  const known = errorCodes.find((candidate) => candidate === code);
  return withPlace(error, translateFault(shorten(error.message), language), {
    code: known ?? ('QUERY_INVALID' satisfies ErrorCode),
    ...httpExtension(error),
  });
}

/**
 * Tells the request's faults from our own. During execution, the engine and the scalars throw the same class of error
 * for values that a resolver or the database returned; only errors about arguments point at a node other than a
 * field.
 */
function isFaultOfTheRequest(cause: GraphQLError, error: unknown): boolean {
  const raisedByField = error instanceof GraphQLError && error.path !== undefined;
  return !raisedByField || (cause.nodes ?? []).some(({ kind }) => kind !== Kind.FIELD);
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}

/**
 * The HTTP status that the server library has chosen; it takes it out again before it sends the error. Its
 * `spec` lets a client that accepts `application/json` have 200, which is for faults of the document: one of
 * the HTTP request itself is a 4xx to everybody.
 */
function httpExtension(error: unknown): { http?: object } {
  if (!(error instanceof GraphQLError)) return {};
  const { http, code } = error.extensions;
  if (typeof http !== 'object' || http === null) return {};
  return { http: code === 'BAD_REQUEST' ? { ...http, spec: false } : http };
}

function withPlace(error: unknown, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, path } = error instanceof GraphQLError ? error : { nodes: undefined, path: undefined };
  return new GraphQLError(message, { nodes: nodes ?? null, path: path ?? null, extensions });
}
