import type { GraphQLError } from 'graphql';
import { type FieldProblem, message } from '../errors/index.ts';

const beyondInt = /Int cannot represent (?:non 32-bit signed integer value|non-integer value: -?Infinity)/;
const variable = /^Variable "\$(\w+)" got invalid value .*?(?: at "([^"]+)")?; Int cannot/s;

const largestInt = 2_147_483_647;

/**
 * Reads an error of GraphQL's own `Int` as the problem of a field: the document is as good as with a smaller number.
 * Null for every other error.
 */
export function numberProblem({ message: text, nodes }: GraphQLError): FieldProblem | null {
  if (!beyondInt.test(text)) return null;
  const [, name, place = name] = variable.exec(text) ?? [];
  return {
    path: place?.split(/[.[\]]+/).filter(Boolean) ?? argumentName(nodes),
    message: message('field.numberRange', { minimum: -largestInt - 1, maximum: largestInt }),
  };
}

/** The name before a value that stands in the document. */
function argumentName(nodes: GraphQLError['nodes']): string[] {
  const colon = nodes?.[0]?.loc?.startToken.prev;
  return colon?.kind === ':' && colon.prev ? [colon.prev.value] : [];
}
