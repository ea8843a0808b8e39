import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver, UUIDResolver } from 'graphql-scalars';

/**
 * In GraphQL, a scalar that refuses a value fails the whole document, without naming the argument. So these accept
 * anything of the right kind, and argument-problems.ts refuses unusable values.
 */

/** Dates and times; any other text becomes an invalid date. */
export const dateTimeScalar = readingAnyText(
  DateTimeResolver,
  'https://www.rfc-editor.org/rfc/rfc3339',
  readMoment,
);

/** UUIDs, and any other text, so that the problem can be reported. */
export const uuidScalar = readingAnyText(
  UUIDResolver,
  'https://www.rfc-editor.org/rfc/rfc9562',
  (text) => text,
);

function readingAnyText<Value, Output>(
  scalar: GraphQLScalarType<Value, Output>,
  specifiedByURL: string,
  read: (text: string) => Value,
): GraphQLScalarType<Value, Output> {
  return new GraphQLScalarType<Value, Output>({
    ...scalar.toConfig(),
    specifiedByURL,
    parseValue: (value) => (typeof value === 'string' ? read(value) : scalar.parseValue(value)),
    parseLiteral: (node: ValueNode, variables) =>
      node.kind === Kind.STRING ? read(node.value) : scalar.parseLiteral(node, variables),
  });
}

function readMoment(text: string): Date {
  try {
    return DateTimeResolver.parseValue(text);
  } catch {
    return new Date(Number.NaN);
  }
}
