import { OperationTypeNode } from 'graphql';
import type { VariableValues } from '../graphql/operation-cost.ts';
import type { PreparedDocuments } from '../graphql/prepared-documents.ts';
import { coerceVariables } from '../graphql/variable-values.ts';
import { isObject, readPosted } from './graphql-parameters.ts';
import type { OperationCall } from './run-operation.ts';

/**
 * Prepares a call from a request's body; null unless the request is plain and valid in every respect, so that there is
 * nothing left to refuse.
 */
export type PrepareCall = (body: Uint8Array) => OperationCall | null;

/** @param maximumCost the maximum cost of an operation. */
export function createCallPreparation(documents: PreparedDocuments, maximumCost: number): PrepareCall {
  function prepare(body: Uint8Array): OperationCall | null {
    const parameters = readCallParameters(body);
    if (!parameters) return null;
    const { query, operationName, variables: raw } = parameters;
    const document = documents.parse(query);
    if (documents.validate(document).length > 0) return null;
    const operation = documents.operation(document, operationName);
    if (!operation || operation.operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
    const coerced = coerceVariables(operation.variables, raw);
    if (!coerced) return null;
    operation.cost.assertWithin(maximumCost, coerced, raw);
    return { operation, coerced, raw };
  }
  return (body) => {
    try {
      return prepare(body);
    } catch {
      // The ordinary path meets the same fault, and reports it.
      return null;
    }
  };
}

const noVariables: VariableValues = {};

interface CallParameters {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: VariableValues;
}

function readCallParameters(body: Uint8Array): CallParameters | null {
  const { query, operationName = null, variables, extensions, ...others } = readPosted(body);
  for (const _other in others) return null;
  if (typeof query !== 'string' || query === '') return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (extensions != null && !isObject(extensions)) return null;
  if (variables == null) return { query, operationName, variables: noVariables };
  return isObject(variables) ? { query, operationName, variables } : null;
}
