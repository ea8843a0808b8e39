import type { GraphQLField, GraphQLNamedType } from 'graphql';

/** The options that a type or a field was declared with. */
export type PothosOptions = Readonly<Record<string, unknown>>;

/** Returns the options that Pothos keeps with each type and field; empty for those that it did not create. */
export function optionsOf({ extensions }: GraphQLNamedType | GraphQLField<unknown, unknown>): PothosOptions {
  const options: unknown = extensions.pothosOptions;
  return isRecord(options) ? options : {};
}

/** Returns whether a value is an object whose properties can be read. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
