import { RequestCache } from '@pothos/plugin-scope-auth';
import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import type { VariableValues } from './operation-cost.ts';
import { createPlannedExecution } from './plans/planned-execution.ts';
import type { PreparedOperation } from './prepared-documents.ts';

/**
 * Executes a prepared operation: a query or a mutation.
 * @param coerced the variables, coerced to the types that the operation declares.
 * @param raw the variables as the client sent them.
 */
export type ExecuteOperation = (
  operation: PreparedOperation,
  coerced: VariableValues,
  raw: VariableValues,
  context: Context,
) => Promise<ExecutionResult>;

/**
 * Creates the executor of a schema. It uses a plan where there is one, and otherwise graphql-js' own executor: the
 * server library's puts fields that resolve later behind the others, but the specification requires the order of the
 * document (section 7.2.2).
 * @param usesPlans false to execute everything with graphql-js, for comparison in tests.
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
      // The cache is in a weak map and references its own key: V8 keeps such pairs until the next full garbage
      // collection.
      RequestCache.clearForContext(contextValue);
    }
  };
}
