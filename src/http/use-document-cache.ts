import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';

/** For all documents together, and for one: some 400 of 200 tokens. */
const maximumBytes = 32 * 1_024 * 1_024;
const maximumDocumentBytes = 1_024 * 1_024;

/** Measured: a token, its place and its share of the tree take some 340. */
const bytesPerToken = 400;

/** A character may take two. */
const bytesPerCharacter = 2;

/**
 * Remembers documents that were found valid, so that clients who send the same ones again wait for neither parser nor
 * validation. By the bytes that they take, because documents are as long as clients like; and none that is wrong,
 * because there are more wrong ones than right ones.
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

/** Comments are tokens, too, that the tree holds on to. */
function sizeOf({ loc }: DocumentNode, text: string): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  return text.length * bytesPerCharacter + tokens * bytesPerToken;
}
