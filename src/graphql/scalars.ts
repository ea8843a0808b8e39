import { GraphQLScalarType, GraphQLString, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver, UUIDResolver } from 'graphql-scalars';
import { z } from 'zod';
import { parseDay, writeDay } from '../db/days.ts';
import { Prisma } from '../generated/tenant/client.ts';

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

/** Calendar days, as the moments when they begin in UTC; text that isn't one becomes an invalid date. */
export const dateScalar = new GraphQLScalarType<Date, string>({
  ...GraphQLString.toConfig(),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  serialize: (value) => writeDay(daySchema.parse(value)),
  parseValue: (value) => readAnyDay(GraphQLString.parseValue(value)),
  parseLiteral: (node, variables) => readAnyDay(GraphQLString.parseLiteral(node, variables)),
});

const daySchema = z.date();

/** Exact decimal numbers as text, because JSON's own numbers lose digits. */
export const decimalScalar = new GraphQLScalarType<string, string>({
  ...GraphQLString.toConfig(),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  serialize: (value) => decimalSchema.parse(value).toFixed(),
});

const decimalSchema = z.instanceof(Prisma.Decimal);

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

function readAnyDay(text: string): Date {
  return parseDay(text) ?? new Date(Number.NaN);
}

function readMoment(text: string): Date {
  try {
    return DateTimeResolver.parseValue(text);
  } catch {
    return new Date(Number.NaN);
  }
}
