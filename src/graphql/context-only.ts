import type { GraphQLField } from 'graphql';

/**
 * The extension of a field whose resolver reads only its parent and the context, neither arguments nor `info`. Such a
 * resolver may be called without graphql-js once the viewer is known to have access.
 */
export const contextOnly = { contextOnly: true } as const;

/** Returns whether a field is declared {@link contextOnly}. */
export function isContextOnly({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return extensions.contextOnly === true;
}
