import type { GraphQLSchema } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { PreparedDocuments } from '../graphql/prepared-documents.ts';
import { variableErrors } from '../graphql/variable-errors.ts';
import { coerceVariables } from '../graphql/variable-values.ts';
import type { ConditionalAnswer } from './conditional-answers.ts';
import type { CsvAnswer } from './csv/csv-answer.ts';
import type { RunExport } from './csv/run-export.ts';
import type { RequestState } from './request-state.ts';
import { type RunOperation, resultOf } from './run-operation.ts';

/** The parts of a request's context that running its operation needs. */
interface OperationContext {
  readonly state: RequestState;
  readonly conditional: ConditionalAnswer;
  readonly csv: CsvAnswer;
}

/**
 * Parses, validates and runs operations with the prepared documents. Invalid documents, invalid variables and
 * operations that cost too much are refused before anything is executed.
 */
export function usePreparedOperations(
  schema: GraphQLSchema,
  documents: PreparedDocuments,
  maximumCost: number,
  run: RunOperation,
  runExport: RunExport,
): Plugin<OperationContext> {
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
      // graphql-js explains what is wrong with the name.
      if (!prepared) return;
      const raw = variableValues ?? {};
      const coerced = coerceVariables(prepared.variables, raw);
      if (!coerced) {
        setResultAndStopExecution({ errors: variableErrors(schema, prepared.operation, raw) });
        return;
      }
      const { state, conditional, csv, request } = context;
      if (csv.isWanted) {
        setExecuteFn(async () => {
          const answer = await runExport({ operation: prepared, coerced, raw }, state, request.signal);
          if (answer.kind === 'failed') return answer.result;
          csv.note(answer.name, answer.body);
          return {};
        });
        return;
      }
      prepared.cost.assertWithin(maximumCost, coerced, raw);
      setExecuteFn(async () => {
        const answer = await run(
          { operation: prepared, coerced, raw },
          {
            facts: state,
            authorization: state.authorization,
            signal: request.signal,
            holds: conditional.holds,
          },
        );
        conditional.note(answer);
        return resultOf(answer);
      });
    },
  };
}
