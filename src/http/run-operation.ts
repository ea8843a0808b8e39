import { type ExecutionResult, GraphQLError } from 'graphql';
import { nameDatabaseFailures } from '../graphql/error-presentation.ts';
import type { ExecuteOperation } from '../graphql/execute-operation.ts';
import type { VariableValues } from '../graphql/operation-cost.ts';
import type { PreparedOperation } from '../graphql/prepared-documents.ts';
import type { Metrics } from './metrics.ts';
import type { PipelineRequest, RequestPipeline } from './request-pipeline.ts';

/**
 * Runs an operation that is valid, affordable and has good variables: counted and timed, inside the pipeline. The
 * promise never rejects.
 * @param coerced the variables, by the types that the operation declares.
 * @param raw the same as the client has sent them.
 */
export type RunOperation = (
  operation: PreparedOperation,
  coerced: VariableValues,
  raw: VariableValues,
  request: PipelineRequest,
) => Promise<ExecutionResult>;

export function createOperationRunner(
  execute: ExecuteOperation,
  pipeline: RequestPipeline,
  metrics: Metrics,
): RunOperation {
  return async (prepared, coerced, raw, request) => {
    try {
      return await metrics.timeOperation(prepared.operation.operation, (tenantKnown) =>
        pipeline(request, async (context) => {
          const result = await execute(prepared, coerced, raw, context);
          const { enteredTenantKey } = context;
          tenantKnown(enteredTenantKey);
          return nameDatabaseFailures(result, enteredTenantKey);
        }),
      );
    } catch (error) {
      return asFailedResult(error);
    }
  };
}

/** The result of an operation that a failure has ended as a whole. */
export function asFailedResult(error: unknown): ExecutionResult {
  if (error instanceof GraphQLError) return { errors: [error] };
  const originalError =
    error instanceof Error ? error : new Error('What was thrown is no error.', { cause: error });
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}
