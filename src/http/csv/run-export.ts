import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { QueryTooComplexError } from '../../errors/index.ts';
import { maximumPageSize } from '../../graphql/connections.ts';
import { type ExportedList, exportedList } from '../../graphql/exports/exported-list.ts';
import type { VariableValues } from '../../graphql/operation-cost.ts';
import type { PreparedDocuments, PreparedOperation } from '../../graphql/prepared-documents.ts';
import { coerceVariables } from '../../graphql/variable-values.ts';
import { presentResult } from '../present-result.ts';
import type { RequestState } from '../request-state.ts';
import { asFailedResult, type OperationCall, type RunOperation, resultOf } from '../run-operation.ts';
import { beginExport } from './csv-export.ts';

/** An export that has begun, and the name of its list; or why there is none. */
export type ExportAnswer =
  | { readonly kind: 'failed'; readonly result: ExecutionResult }
  | { readonly kind: 'begun'; readonly name: string; readonly body: ReadableStream<Uint8Array> };

/**
 * Begins to export the list that an operation queries. The promise never rejects.
 * @param signal aborted when the client has gone.
 */
export type RunExport = (
  call: OperationCall,
  state: RequestState,
  signal: AbortSignal,
) => Promise<ExportAnswer>;

/** The sizes of a page, the largest first: one of the list must cost no more than any other query. */
const pageSizes = [maximumPageSize, 50, 20, 10, 5, 2, 1];

const holdsNone = () => false;

/**
 * Exports lists page by page. Each page is an operation of its own in the pipeline, which authenticates, waits for its
 * turn, and leases the tenant's client anew, so that a client that reads slowly holds nothing, and one that loses its
 * rights gets no more rows.
 */
export function createExportRunner(
  schema: GraphQLSchema,
  documents: PreparedDocuments,
  maximumCost: number,
  run: RunOperation,
): RunExport {
  /** @throws {QueryTooComplexError} when not even one row is within the limits. */
  function pageCall(list: ExportedList, operation: PreparedOperation, raw: VariableValues): OperationCall {
    for (const size of pageSizes) {
      const call = callWith(operation, { ...raw, [list.page.size]: size, [list.page.after]: null });
      try {
        operation.cost.assertWithin(maximumCost, call.coerced, call.raw);
        return call;
      } catch (error) {
        if (!(error instanceof QueryTooComplexError) || size === 1) throw error;
      }
    }
    throw new Error('There is no size of a page.');
  }

  return async ({ operation, coerced, raw }, state, signal) => {
    try {
      const list = exportedList(schema, operation, coerced);
      const document = documents.parse(list.document);
      const errors = documents.validate(document);
      if (errors.length > 0) return { kind: 'failed', result: { errors } };
      const paged = documents.operation(document, null);
      if (!paged) throw new Error('The document of a page has no operation.');
      const first = pageCall(list, paged, raw);
      const { authorization } = state;
      const request = { facts: state, authorization, signal, holds: holdsNone, isUncached: true };
      const begun = await beginExport(
        list,
        async (after) =>
          resultOf(await run(callWith(paged, { ...first.raw, [list.page.after]: after }), request)),
        (result) => logCutOff(result, state),
      );
      return begun.kind === 'failed' ? begun : { ...begun, name: list.key };
    } catch (error) {
      return { kind: 'failed', result: asFailedResult(error) };
    }
  };
}

function callWith(operation: PreparedOperation, raw: VariableValues): OperationCall {
  const coerced = coerceVariables(operation.variables, raw);
  if (!coerced) throw new Error('The variables of a page are not those of its list.');
  return { operation, coerced, raw };
}

/** Nobody receives the errors: the client only sees that the transfer was cut off. */
function logCutOff(failed: ExecutionResult, state: RequestState): void {
  const { result } = presentResult(failed, state);
  const codes = result.errors?.map(({ extensions: { code } }) => code);
  state.logger.warn({ requestId: state.requestId, codes }, 'An export was cut off');
}
