import type { ASTNode, GraphQLError } from 'graphql';
import { type FieldMessage, type FieldProblem, message } from '../errors/index.ts';
import { argumentPath, variablePath } from './argument-path.ts';

/** As named in variable-errors.ts. */
const variable = /^Variable "\$(\w+)((?:\.\w+)*)" got an invalid value; /;
const beyondInt = /^Int cannot represent (?:non 32-bit signed integer value|non-integer value: -?Infinity)/;
const outsideEnum =
  /^(?:Value .* does not exist in "(\w+)" enum\.|Enum "(\w+)" cannot represent non-(?:enum|string) value: )/s;

const largestInt = 2_147_483_647;

/**
 * Converts an error of GraphQL's own `Int`, or of an enum, into a field problem: the document would be fine with another
 * value. Null for every other error.
 */
export function valueProblem({ message: text, nodes }: GraphQLError): FieldProblem | null {
  const [prefix = '', name, place = ''] = variable.exec(text) ?? [];
  const problem = problemIn(text.slice(prefix.length));
  if (!problem) return null;
  const [node] = nodes ?? [];
  return { path: node ? pathOf(node, name, place) : [], message: problem };
}

function problemIn(text: string): FieldMessage | null {
  if (beyondInt.test(text)) {
    return message('field.numberRange', { minimum: -largestInt - 1, maximum: largestInt });
  }
  const [, unknownTo, wrongFor] = outsideEnum.exec(text) ?? [];
  const type = unknownTo ?? wrongFor;
  return type === undefined ? null : message('field.notIn', { type });
}

function pathOf(node: ASTNode, variableName: string | undefined, place: string): FieldProblem['path'] {
  return variableName === undefined
    ? argumentPath(node)
    : [...variablePath(node, variableName), ...partsOf(place)];
}

/** Names don't begin with digits, so anything that does is an index. */
function partsOf(place: string): (string | number)[] {
  const [, ...parts] = place.split('.');
  return parts.map((part) => (/^\d/.test(part) ? Number(part) : part));
}
