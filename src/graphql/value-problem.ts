import type { GraphQLError } from 'graphql';
import { type FieldProblem, type Message, message } from '../errors/index.ts';

/** As variable-errors.ts names them. */
const variable = /^Variable "\$([\w.]+)" got an invalid value; /;
const beyondInt = /^Int cannot represent (?:non 32-bit signed integer value|non-integer value: -?Infinity)/;
const outsideEnum =
  /^(?:Value .* does not exist in "(\w+)" enum\.|Enum "(\w+)" cannot represent non-(?:enum|string) value: )/s;

const largestInt = 2_147_483_647;

/**
 * Converts an error of GraphQL's own `Int`, or of an enum, into a field problem: the document would be fine with another
 * value. Null for every other error.
 */
export function valueProblem({ message: text, nodes }: GraphQLError): FieldProblem | null {
  const [prefix = '', place] = variable.exec(text) ?? [];
  const problem = problemIn(text.slice(prefix.length));
  return problem && { path: place?.split('.') ?? argumentName(nodes), message: problem };
}

function problemIn(text: string): Message | null {
  if (beyondInt.test(text)) {
    return message('field.numberRange', { minimum: -largestInt - 1, maximum: largestInt });
  }
  const [, unknownTo, wrongFor] = outsideEnum.exec(text) ?? [];
  const type = unknownTo ?? wrongFor;
  return type === undefined ? null : message('field.notIn', { type });
}

/** The name of the argument or input field that a value in the document belongs to. */
function argumentName(nodes: GraphQLError['nodes']): string[] {
  const colon = nodes?.[0]?.loc?.startToken.prev;
  return colon?.kind === ':' && colon.prev ? [colon.prev.value] : [];
}
