import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { PersistedQueryNotSupportedError } from '../errors/index.ts';

/**
 * Tells clients that send the hash of a document in its place to send the document. They look for this one failure in
 * an answer that has succeeded otherwise, and then go on without hashes.
 */
export function usePersistedQueryRefusal(): Plugin {
  return {
    onParams({ params: { query, extensions } }) {
      if (query || extensions?.persistedQuery == null) return;
      throw new GraphQLError('', {
        originalError: new PersistedQueryNotSupportedError(),
        extensions: { http: { status: 200 } },
      });
    },
  };
}
