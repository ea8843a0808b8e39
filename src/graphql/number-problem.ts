import type { ASTNode, GraphQLError } from 'graphql';
import { type FieldProblem, message } from '../errors/index.ts';
import { argumentPath, variablePath } from './argument-path.ts';

const beyondInt = /Int cannot represent (?:non 32-bit signed integer value|non-integer value: -?Infinity)/;
/** As variable-errors.ts names them. */
const variable = /^Variable "\$(\w+)((?:\.\w+)*)" got an invalid value; Int cannot/;

const largestInt = 2_147_483_647;

/**
 * Converts an error of GraphQL's own `Int` into a field problem: the document would be fine with a smaller number.
 * Null for every other error.
 */
export function numberProblem({ message: text, nodes }: GraphQLError): FieldProblem | null {
  if (!beyondInt.test(text)) return null;
  const [node] = nodes ?? [];
  const [, name, place = ''] = variable.exec(text) ?? [];
  return {
    path: node ? pathOf(node, name, place) : [],
    message: message('field.numberRange', { minimum: -largestInt - 1, maximum: largestInt }),
  };
}

function pathOf(node: ASTNode, variableName: string | undefined, place: string): FieldProblem['path'] {
  return variableName === undefined
    ? argumentPath(node)
    : [...variablePath(node, variableName), ...partsOf(place)];
}

/** Names don't begin with digits, so that what does is an index. */
function partsOf(place: string): (string | number)[] {
  const [, ...parts] = place.split('.');
  return parts.map((part) => (/^\d/.test(part) ? Number(part) : part));
}
