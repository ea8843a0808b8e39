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

/** An operation that is valid, affordable and has good variables. */
export interface OperationCall {
  readonly operation: PreparedOperation;
  /** The variables, by the types that the operation declares. */
  readonly coerced: VariableValues;
  /** The same as the client has sent them. */
  readonly raw: VariableValues;
}

/** A request, and the answers that its client may have already. */
export interface OperationRequest extends Omit<PipelineRequest, 'wantsVersion' | 'isSignIn'> {
  /** Returns whether the client has an answer of that entity tag. */
  readonly holds: (etag: string) => boolean;
}

/** Runs an operation, counted and timed, inside the pipeline. The promise never rejects. */
export type RunOperation = (call: OperationCall, request: OperationRequest) => Promise<Answer>;

/** The parts of the operation runner. */
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
  return async ({ operation, coerced, raw }, { holds, ...request }) => {
    const { document, operation: definition, isSignIn } = operation;
    const operationName = definition.name?.value ?? null;
    const wantsVersion = responses.keeps(document, operationName);
    try {
      return await metrics.timeOperation(definition.operation, (tenantKnown) =>
        pipeline({ ...request, wantsVersion, isSignIn }, async (context, asker) => {
          const question = { document, operationName, variables: declaredOnly(operation, raw) };
          const answer = await responses.answer(asker, question, holds, async () =>
            nameDatabaseFailures(await execute(operation, coerced, raw, context), context.enteredTenantKey),
          );
          // A sign-in enters its tenant while it is executed.
          tenantKnown(context.enteredTenantKey);
          return answer;
        }),
      );
    } catch (error) {
      return { kind: 'executed', result: asFailedResult(error) };
    }
  };
}

/** Others change no answer: each would be kept as an answer of its own, as many as a client thinks of. */
function declaredOnly({ variables }: PreparedOperation, raw: VariableValues): VariableValues {
  const declared = variables.filter(({ name }) => Object.hasOwn(raw, name));
  return Object.fromEntries(declared.map(({ name }) => [name, raw[name]]));
}

/** The result of an operation that a failure has ended as a whole. */
export function asFailedResult(error: unknown): ExecutionResult {
  if (error instanceof GraphQLError) return { errors: [error] };
  const originalError =
    error instanceof Error ? error : new Error('What was thrown is no error.', { cause: error });
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}

/** The data as it is: a copy would be without the key `__proto__`, which an alias may be. */
const keptResult = z.object({ data: z.custom<Readonly<Record<string, unknown>>>(isObject) });

/** The result of an answer, for who prints it anew; without data when the client has it. */
export function resultOf(answer: Answer): ExecutionResult {
  switch (answer.kind) {
    case 'held':
      return {};
    case 'kept':
      return answer.result ?? keptResult.parse(JSON.parse(answer.json));
    case 'executed':
      return answer.result;
  }
}
