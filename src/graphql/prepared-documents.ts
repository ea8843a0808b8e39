import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { type CostInfluence, findCostInfluences } from './cost-variables.ts';
import { depthRule, parseWithinLimit, type QueryLimits } from './limits.ts';
import { createOperationCost, type OperationCost } from './operation-cost.ts';
import { isSignIn } from './sign-in-operations.ts';
import { type PreparedVariable, prepareVariables } from './variable-values.ts';

/**
 * An operation of a valid document, with everything that can be derived before a request. While its document is cached,
 * the same text and operation yield the same object.
 */
export interface PreparedOperation {
  /** The whole document as the client sent it. */
  readonly text: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: readonly PreparedVariable[];
  readonly cost: OperationCost;
  /** See {@link isSignIn}. */
  readonly isSignIn: boolean;
}

/** Documents that are parsed, validated and priced once, and afterwards looked up by their text. */
export interface PreparedDocuments {
  /**
   * Parses a document within the limits.
   * @throws {GraphQLError} for one that does not parse.
   * @throws {QueryTooComplexError} for one that is longer or deeper than the limits.
   */
  parse(text: string): DocumentNode;
  /**
   * Validates a document of {@link parse}, and caches it if it is valid.
   * @returns the errors.
   * @throws {QueryTooComplexError} when it nests fields too deeply.
   */
  validate(document: DocumentNode): readonly GraphQLError[];
  /**
   * Returns an operation of a valid document of {@link parse}; the only one when no name is given.
   * @returns null when there is none of that name, or several without a name to choose by.
   */
  operation(document: DocumentNode, name: string | null | undefined): PreparedOperation | null;
}

/** The memory for all documents together, some 400 of 200 tokens each, and for one document. */
const maximumBytes = 32 * 1_024 * 1_024;
const maximumDocumentBytes = 1_024 * 1_024;

/** As measured, a token, its location and its share of the tree take some 340 bytes. */
const bytesPerToken = 400;

/** A character takes up to two bytes. */
const bytesPerCharacter = 2;

/**
 * Creates the documents of one schema. They are limited by bytes, because a document can have any length. Invalid ones
 * are not cached, because there are more of them.
 */
export function createPreparedDocuments(schema: GraphQLSchema, limits: QueryLimits): PreparedDocuments {
  const rules = [...specifiedRules, depthRule(limits.depth)];
  const valid = new LRUCache<string, PreparedDocument>({
    maxSize: maximumBytes,
    maxEntrySize: maximumDocumentBytes,
    sizeCalculation: sizeOf,
  });
  const byNode = new WeakMap<DocumentNode, PreparedDocument>();
  /** A request with an invalid document asks for it twice: on the direct path and on the ordinary one. */
  let latest: PreparedDocument | null = null;

  function preparedBy(document: DocumentNode): PreparedDocument {
    const prepared = byNode.get(document);
    if (!prepared) throw new Error('The document was parsed elsewhere.');
    return prepared;
  }

  return {
    parse(text) {
      const known = valid.get(text) ?? (latest?.text === text ? latest : undefined);
      if (known) return known.document;
      latest = new PreparedDocument(schema, text, parseWithinLimit(text, limits.tokens));
      byNode.set(latest.document, latest);
      return latest.document;
    },
    validate(document) {
      const prepared = preparedBy(document);
      const errors = prepared.validate(rules);
      if (errors.length === 0 && latest === prepared) {
        valid.set(prepared.text, prepared);
        latest = null;
      }
      return errors;
    },
    operation: (document, name) => preparedBy(document).operation(name),
  };
}

/** A parsed document. It is validated on demand, and only once. */
class PreparedDocument {
  readonly #schema: GraphQLSchema;
  readonly text: string;
  readonly document: DocumentNode;
  #verdict: { readonly errors: readonly GraphQLError[] } | { readonly thrown: unknown } | null = null;
  #influences: ReadonlyMap<string, CostInfluence> | null = null;
  readonly #operations = new Map<OperationDefinitionNode, PreparedOperation>();

  constructor(schema: GraphQLSchema, text: string, document: DocumentNode) {
    this.#schema = schema;
    this.text = text;
    this.document = document;
  }

  validate(rules: readonly ValidationRule[]): readonly GraphQLError[] {
    if (this.#verdict === null) {
      try {
        this.#verdict = { errors: validate(this.#schema, this.document, rules) };
      } catch (thrown) {
        this.#verdict = { thrown };
      }
    }
    if ('thrown' in this.#verdict) throw this.#verdict.thrown;
    return this.#verdict.errors;
  }

  operation(name: string | null | undefined): PreparedOperation | null {
    const operation = getOperationAST(this.document, name);
    if (!operation) return null;
    const known = this.#operations.get(operation);
    if (known) return known;
    const { text, document } = this;
    const cost = createOperationCost(this.#schema, document, operation, () => this.#costInfluences());
    const variables = prepareVariables(this.#schema, operation);
    const made = { text, document, operation, variables, cost, isSignIn: isSignIn(document, operation) };
    this.#operations.set(operation, made);
    return made;
  }

  #costInfluences(): ReadonlyMap<string, CostInfluence> {
    this.#influences ??= findCostInfluences(this.#schema, this.document);
    return this.#influences;
  }
}

/** Counts comments, too, because they are tokens that the document retains. */
function sizeOf({ document: { loc } }: PreparedDocument, text: string): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  return text.length * bytesPerCharacter + tokens * bytesPerToken;
}
