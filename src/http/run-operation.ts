import { type ExecutionResult, GraphQLError } from 'graphql';
import { z } from 'zod';
import { nameDatabaseFailures } from '../graphql/error-presentation.ts';
import type { ExecuteOperation } from '../graphql/execute-operation.ts';
import type { VariableValues } from '../graphql/operation-cost.ts';
import type { PreparedOperation } from '../graphql/prepared-documents.ts';
import type { Answer, ResponseCache } from '../graphql/response-cache/response-cache.ts';
import { isObject } from './graphql-parameters.ts';
import type { Metrics } from './metrics.ts';
import type { PipelineRequest, RequestPipeline } from './request-pipeline.ts';

/** A valid operation within the limits, with valid variables. */
export interface OperationCall {
  readonly operation: PreparedOperation;
  /** The variables, coerced to the types that the operation declares. */
  readonly coerced: VariableValues;
  /** The variables as the client sent them. */
  readonly raw: VariableValues;
}

/** A request, and the answers that its client may already hold. */
export interface OperationRequest extends Omit<PipelineRequest, 'wantsVersion' | 'isSignIn'> {
  /** Returns whether the client holds an answer with that entity tag. */
  readonly holds: (etag: string) => boolean;
  /** Whether the response cache is bypassed; it is not, by default. */
  readonly isUncached?: boolean;
}

/** Runs an operation inside the pipeline, and counts and times it. The promise never rejects. */
export type RunOperation = (call: OperationCall, request: OperationRequest) => Promise<Answer>;

/** The dependencies of the operation runner. */
export interface OperationRunnerParts {
  readonly execute: ExecuteOperation;
  readonly pipeline: RequestPipeline;
  readonly responses: ResponseCache;
  readonly metrics: Metrics;
}

export function createOperationRunner({
  execute,
  pipeline,
  responses,
  metrics,
}: OperationRunnerParts): RunOperation {
  return async ({ operation, coerced, raw }, { holds, isUncached = false, ...request }) => {
    const { document, operation: definition, isSignIn } = operation;
    const operationName = definition.name?.value ?? null;
    const wantsVersion = !isUncached && responses.isCacheable(document, operationName);
    try {
      return await metrics.timeOperation(definition.operation, (tenantKnown) =>
        pipeline({ ...request, wantsVersion, isSignIn }, async (context, requester) => {
          const question = { document, operationName, variables: declaredOnly(operation, raw) };
          const answer = await responses.answer(requester, question, holds, async () =>
            nameDatabaseFailures(await execute(operation, coerced, raw, context), context.enteredTenantKey),
          );
          // A sign-in enters its tenant during execution.
          tenantKnown(context.enteredTenantKey);
          return answer;
        }),
      );
    } catch (error) {
      return { kind: 'executed', result: asFailedResult(error) };
    }
  };
}

/**
 * Undeclared variables don't affect the answer. If they were part of the question, clients could fill the cache with
 * copies of one answer.
 */
function declaredOnly({ variables }: PreparedOperation, raw: VariableValues): VariableValues {
  const declared = variables.filter(({ name }) => Object.hasOwn(raw, name));
  return Object.fromEntries(declared.map(({ name }) => [name, raw[name]]));
}

/** The result of an operation that has failed as a whole. */
export function asFailedResult(error: unknown): ExecutionResult {
  if (error instanceof GraphQLError) return { errors: [error] };
  const originalError =
    error instanceof Error ? error : new Error('The thrown value is not an Error.', { cause: error });
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}

/** Passes the data through: a copy would lack the key `__proto__`, which an alias may be. */
const keptResult = z.object({ data: z.custom<Readonly<Record<string, unknown>>>(isObject) });

/** Returns the result of an answer, for printing; without data when the client holds it. */
export function resultOf(answer: Answer): ExecutionResult {
  switch (answer.kind) {
    case 'unchanged':
      return {};
    case 'cached':
      return answer.result ?? keptResult.parse(JSON.parse(answer.json));
    case 'executed':
      return answer.result;
  }
}
