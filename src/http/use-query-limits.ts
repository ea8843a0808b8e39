import type { Plugin } from 'graphql-yoga';
import { depthRule, parseWithinLimit, type QueryLimits } from '../graphql/limits.ts';
import { assertAffordable } from '../graphql/query-cost.ts';
import { variableErrors } from '../graphql/variable-errors.ts';

/** Refuses documents that are longer, deeper or dearer than the limits, and wrong variables, before anything is executed. */
export function useQueryLimits(limits: QueryLimits): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => parseWithinLimit(source, limits.tokens, options));
    },
    onValidate({ addValidationRule }) {
      addValidationRule(depthRule(limits.depth));
    },
    onExecute({ args, setResultAndStopExecution }) {
      const errors = variableErrors(
        args.schema,
        args.document,
        args.operationName,
        args.variableValues ?? {},
      );
      if (errors.length > 0) {
        setResultAndStopExecution({ errors });
        return;
      }
      assertAffordable(
        {
          schema: args.schema,
          document: args.document,
          operationName: args.operationName ?? undefined,
          variables: args.variableValues ?? {},
        },
        limits.complexity,
      );
    },
  };
}
