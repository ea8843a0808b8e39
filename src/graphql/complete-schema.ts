import { PothosSchemaError } from '@pothos/core';
import type { GraphQLSchema } from 'graphql';

/** Matches the errors of Pothos about types that are referenced but never defined. */
const undefinedTypes =
  /^(?:Missing implementations for some references \((.*)\)|(\S+) has not been implemented)/;

/**
 * Builds the schema of all modules that are loaded.
 * @throws {Error} naming the types that one of them mentions and none defines.
 */
export function completeSchema(build: () => GraphQLSchema): GraphQLSchema {
  try {
    return build();
  } catch (error) {
    const [, several, one] = (error instanceof PothosSchemaError && undefinedTypes.exec(error.message)) || [];
    const references = several ?? one;
    if (references === undefined) throw error;
    const types = references.replaceAll(/\w+Ref<(\w+)>/g, '$1');
    throw new Error(`No module defines ${types}: does src/schema.ts import every module?`, { cause: error });
  }
}
