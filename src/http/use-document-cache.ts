import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

/** Memory for all documents together, some 400 of 200 tokens each, and for one document. */
const maximumBytes = 32 * 1_024 * 1_024;
const maximumDocumentBytes = 1_024 * 1_024;

/** By measurement, a token, its place and its share of the tree take some 340. */
const bytesPerToken = 400;

/** A character takes up to two. */
const bytesPerCharacter = 2;

/**
 * Caches valid documents, so that clients who send the same ones again wait for neither parsing nor validation.
 * Bounded by bytes, because documents can be of any length; without invalid ones, because they are in the majority.
 */
export function useDocumentCache(): Plugin {
  const byText = new LRUCache<string, DocumentNode>({
    maxSize: maximumBytes,
    maxEntrySize: maximumDocumentBytes,
    sizeCalculation: sizeOf,
  });
  const found = new WeakSet<DocumentNode>();
  return {
    onParse({ params: { source }, setParsedDocument }) {
      const document = byText.get(source.toString());
      if (document) setParsedDocument(document);
    },
    onValidate({ params: { documentAST }, setResult }) {
      if (found.has(documentAST)) {
        setResult([]);
        return undefined;
      }
      return ({ valid }) => {
        const text = documentAST.loc?.source.body;
        if (!valid || text === undefined) return;
        found.add(documentAST);
        byText.set(text, documentAST);
      };
    },
  };
}

/** Counts comments, too: they are tokens that the document holds on to. */
function sizeOf({ loc }: DocumentNode, text: string): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  return text.length * bytesPerCharacter + tokens * bytesPerToken;
}
