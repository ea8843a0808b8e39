import { RequestCache } from '@pothos/plugin-scope-auth';
import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import type { VariableValues } from './operation-cost.ts';
import { createPlannedExecution } from './plans/planned-execution.ts';
import type { PreparedOperation } from './prepared-documents.ts';

/**
 * Executes a prepared operation: a query or a mutation.
 * @param coerced the variables, by the types that the operation declares.
 * @param raw the same as the client has sent them.
 */
export type ExecuteOperation = (
  operation: PreparedOperation,
  coerced: VariableValues,
  raw: VariableValues,
  context: Context,
) => Promise<ExecutionResult>;

/**
 * Creates the executor of a schema: by plans where there is one, otherwise by graphql-js' own, because the server
 * library's puts fields that resolve later behind the others, and the specification wants them in the order of the
 * document (section 7.2.2).
 * @param usesPlans false executes everything with graphql-js, so that tests can compare.
 */
export function createExecutor(schema: GraphQLSchema, usesPlans = true): ExecuteOperation {
  const executeByPlan = createPlannedExecution(schema);
  return async (prepared, coerced, raw, contextValue) => {
    try {
      const planned = usesPlans ? await executeByPlan(prepared, coerced, contextValue) : null;
      if (planned) return planned;
      const { document, operation } = prepared;
      return await execute({
        schema,
        document,
        operationName: operation.name?.value,
        contextValue,
        variableValues: raw,
      });
    } finally {
      // The cache is in a weak map, and leads back to its key: V8 keeps such pairs until the next full collection.
      RequestCache.clearForContext(contextValue);
    }
  };
}
