import { type GraphQLSchema, getVariableValues } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { RequestFacts } from '../graphql/context.ts';
import type { PreparedDocuments } from '../graphql/prepared-documents.ts';
import { variableErrors } from '../graphql/variable-errors.ts';
import type { RunOperation } from './run-operation.ts';

/**
 * Parses, validates and runs operations by way of the prepared documents. Documents that do not parse or validate,
 * wrong variables, and what costs too much are refused before anything is executed.
 */
export function usePreparedOperations(
  schema: GraphQLSchema,
  documents: PreparedDocuments,
  maximumCost: number,
  run: RunOperation,
): Plugin<RequestFacts, RequestFacts> {
  return {
    onParse({ setParseFn }) {
      setParseFn((source) => documents.parse(typeof source === 'string' ? source : source.body));
    },
    onValidate({ params: { documentAST }, setResult }) {
      setResult([...documents.validate(documentAST)]);
    },
    onExecute({
      args: { document, operationName, variableValues },
      context,
      setExecuteFn,
      setResultAndStopExecution,
    }) {
      const prepared = documents.operation(document, operationName);
      // The engine says what is wrong with the name.
      if (!prepared) return;
      const raw = variableValues ?? {};
      const definitions = prepared.operation.variableDefinitions ?? [];
      const { coerced } = getVariableValues(schema, definitions, raw, { maxErrors: 1 });
      if (!coerced) {
        setResultAndStopExecution({ errors: variableErrors(schema, prepared.operation, raw) });
        return;
      }
      prepared.cost.assertWithin(maximumCost, coerced, raw);
      const authorization = context.request.headers.get('authorization');
      setExecuteFn(() => run(prepared, coerced, raw, { facts: context, authorization }));
    },
  };
}
