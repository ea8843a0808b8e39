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

/** The request that an error belongs to. */
export interface ErrorOrigin {
  readonly requestId: string;
  readonly logger: Logger;
  /** The client's preferred language. */
  readonly language: Language;
}

/**
 * Turns any error into one that the client may see. Expected failures keep their message, code and details. Faults of
 * the document keep their message. Everything else is logged with the request id and answered with that id alone.
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
 * Turns database failures into named errors, which depend on the database. A request that is in no tenant only queries
 * the central one.
 * @param tenantKey the tenant that the request was in, or null.
 */
export function nameDatabaseFailures(result: ExecutionResult, tenantKey: string | null): ExecutionResult {
  if (!result.errors) return result;
  const errors = result.errors.map((error) => {
    const cause = rootCause(error);
    // Already named where the database was known: a manager's request may query a tenant's.
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
    // Whichever media type the client accepts, a request that was refused before execution hasn't succeeded.
    ...(code === 'QUERY_TOO_COMPLEX' ? { http: { status: 400 } } : httpExtension(error)),
  });
}

/** Outages concern the operator; a bad token or a taken username concerns only the client. */
function levelOf(code: ErrorCode): 'error' | 'warn' | 'debug' {
  // Unlike the others, this lasts until somebody runs the command in the log.
  if (code === 'TENANT_OUTDATED') return 'error';
  return code === 'TENANT_UNAVAILABLE' || code === 'SERVICE_UNAVAILABLE' ? 'warn' : 'debug';
}

/** graphql-js quotes values of any length in its messages. */
const maximumReasonLength = 500;

function shorten(reason: string): string {
  return reason.length > maximumReasonLength ? `${reason.slice(0, maximumReasonLength)}…` : reason;
}

/** A fault that graphql-js or Yoga found in the document, the variables or the HTTP request. */
function presentDocumentError(error: GraphQLError, language: Language): GraphQLError {
  const { code } = error.extensions;
  const known = errorCodes.find((candidate) => candidate === code);
  return withPlace(error, translateFault(shorten(error.message), language), {
    code: known ?? ('QUERY_INVALID' satisfies ErrorCode),
    ...httpExtension(error),
  });
}

/**
 * Distinguishes the request's faults from our own. During execution, graphql-js and the scalars throw the same class of
 * error for values returned by a resolver or the database; only errors about arguments point at a node other than a
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
 * The HTTP status that the server library has chosen, which it removes before it sends the error. Its `spec` means 200
 * for clients that accept `application/json`; that suits faults of the document, but a fault of the HTTP request itself
 * is a 4xx for everybody.
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
