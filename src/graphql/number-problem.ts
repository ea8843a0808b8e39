import type { GraphQLError } from 'graphql';
import { type FieldProblem, message } from '../errors/index.ts';

const beyondInt = /Int cannot represent (?:non 32-bit signed integer value|non-integer value: -?Infinity)/;
/** As variable-errors.ts names them. */
const variable = /^Variable "\$([\w.]+)" got an invalid value; Int cannot/;

const largestInt = 2_147_483_647;

/**
 * Converts an error of GraphQL's own `Int` into a field problem: the document would be fine with a smaller number.
 * Null for every other error.
 */
export function numberProblem({ message: text, nodes }: GraphQLError): FieldProblem | null {
  if (!beyondInt.test(text)) return null;
  const [, place] = variable.exec(text) ?? [];
  return {
    path: place?.split('.') ?? argumentName(nodes),
    message: message('field.numberRange', { minimum: -largestInt - 1, maximum: largestInt }),
  };
}

/** The name of the argument or input field that a value in the document belongs to. */
function argumentName(nodes: GraphQLError['nodes']): string[] {
  const colon = nodes?.[0]?.loc?.startToken.prev;
  return colon?.kind === ':' && colon.prev ? [colon.prev.value] : [];
}
