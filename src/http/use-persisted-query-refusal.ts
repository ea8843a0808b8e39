import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { PersistedQueryNotSupportedError } from '../errors/index.ts';

/**
 * Tells clients that send a document's hash instead of the document to send the document. They look for this one error
 * in an otherwise successful response, and then stop sending hashes.
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
