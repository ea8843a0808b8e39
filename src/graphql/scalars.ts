import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver, UUIDResolver } from 'graphql-scalars';

/*
 * GraphQL lets a scalar refuse a value only together with the whole document, and without saying which argument it
 * was. So these read whatever is of the right kind, and argument-problems.ts says what no field may be given.
 */

/** Moments; an invalid date where a text is none. */
export const dateTimeScalar = readingAnyText(DateTimeResolver, readMoment);

/** UUIDs, and any other text for its problem to be told. */
export const uuidScalar = readingAnyText(UUIDResolver, (text) => text);

function readingAnyText<Value, Output>(
  scalar: GraphQLScalarType<Value, Output>,
  read: (text: string) => Value,
): GraphQLScalarType<Value, Output> {
  return new GraphQLScalarType<Value, Output>({
    ...scalar.toConfig(),
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
