import { isDeepStrictEqual } from 'node:util';
import type { ExecutionResult, GraphQLError } from 'graphql';
import { isSchemaMissing } from '../../src/db/database-errors.ts';
import type { RowReader } from '../../src/db/rows/row-reader.ts';
import type { Context } from '../../src/graphql/context.ts';
import { createExecutor, type ExecuteOperation } from '../../src/graphql/execute-operation.ts';
import { createPlannedExecution } from '../../src/graphql/plans/planned-execution.ts';
import { schema } from '../../src/schema.ts';

/** Reads lists through Prisma alone. */
const rowsOfPrisma: RowReader = { findMany: (_model, query, otherwise) => otherwise(query) };

/** Something may be written between the two executions, but not each time. */
const attempts = 3;

/**
 * Executes each query that has a plan by the plan, which reads lists in its own way, and by graphql-js and Prisma, so that
 * whatever a test finds out holds for both.
 * @throws when the two answer differently, errors, codes, paths and locations included.
 */
export function createComparingExecutor(): ExecuteOperation {
  const executeByPlan = createPlannedExecution(schema);
  const executeOrdinarily = createExecutor(schema, false);
  return async (operation, coerced, raw, context) => {
    for (let attempt = 1; ; attempt++) {
      const planned = await executeByPlan(operation, coerced, another(context));
      if (!planned) return executeOrdinarily(operation, coerced, raw, context);
      const reference = another(context, rowsOfPrisma);
      const ordinary = await executeOrdinarily(operation, coerced, raw, reference);
      if (isDeepStrictEqual(comparable(planned), comparable(ordinary))) return planned;
      if (attempt === attempts) {
        throw new Error(
          `By its plan, the operation answers ${JSON.stringify(comparable(planned))}, by graphql-js ${JSON.stringify(comparable(ordinary))}`,
        );
      }
    }
  };
}

/** A context that differs in its rows at most. Plugins keep what they have found out with the object that they are given. */
function another(context: Context, rows?: RowReader): Context {
  return new Proxy(context, {
    get(original, name) {
      if (name === 'rows' && rows) return rows;
      const value: unknown = Reflect.get(original, name);
      return typeof value === 'function' ? value.bind(original) : value;
    },
  });
}

/** The part of a result that clients see, in order. */
function comparable({ data, errors }: ExecutionResult): unknown {
  return JSON.parse(JSON.stringify({ data, errors: errors?.map(visible) }));
}

function visible({ message, path, locations, extensions, originalError }: GraphQLError): unknown {
  const place = { path, locations, extensions };
  // A database's error comes from the driver on the one way and from Prisma on the other.
  if (isSchemaMissing(originalError)) return { ...place, cause: 'The schema lacks something.' };
  return { ...place, message, cause: originalError?.name };
}
