import { isDeepStrictEqual } from 'node:util';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { createExecutor, type ExecuteOperation } from '../../src/graphql/execute-operation.ts';
import { createPlannedExecution } from '../../src/graphql/plans/planned-execution.ts';
import { schema } from '../../src/schema.ts';

/** Something may be written between the two executions, but not each time. */
const attempts = 3;

/**
 * Executes each query that has a plan by the plan and by graphql-js, so that whatever a test finds out holds for both.
 * @throws when the two answer differently, errors, codes, paths and locations included.
 */
export function createComparingExecutor(): ExecuteOperation {
  const executeByPlan = createPlannedExecution(schema);
  const executeOrdinarily = createExecutor(schema, false);
  return async (operation, coerced, raw, context) => {
    for (let attempt = 1; ; attempt++) {
      // Plugins keep what they have found out with the context.
      const planned = await executeByPlan(operation, coerced, Object.create(context));
      const ordinary = await executeOrdinarily(operation, coerced, raw, context);
      if (!planned || isDeepStrictEqual(comparable(planned), comparable(ordinary))) {
        return planned ?? ordinary;
      }
      if (attempt === attempts) {
        throw new Error(
          `By its plan, the operation answers ${JSON.stringify(comparable(planned))}, by graphql-js ${JSON.stringify(comparable(ordinary))}`,
        );
      }
    }
  };
}

/** The part of a result that clients see, in order. */
function comparable({ data, errors }: ExecutionResult): unknown {
  return JSON.parse(JSON.stringify({ data, errors: errors?.map(visible) }));
}

function visible({ message, path, locations, extensions, originalError }: GraphQLError): unknown {
  return { message, path, locations, extensions, cause: originalError?.name };
}
