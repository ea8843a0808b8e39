import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  type ParseOptions,
  parse,
  type Source,
  type ValidationRule,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { message, QueryTooComplexError } from '../errors/index.ts';
import { defaultPageSize, maximumPageSize } from './connections.ts';

/** How large a document may be before anything of it is executed. */
export interface QueryLimits {
  /** Levels of nested fields; introspection is bounded by graphql-js itself. */
  readonly depth: number;
  /** See {@link assertAffordable}. */
  readonly complexity: number;
  /** Lexical tokens of the document. */
  readonly tokens: number;
}

/** Fragments that spread each other can make very many fields out of few tokens, and each takes time to add up. */
const maximumFields = 10_000;

/** A list without a page size has about so many rows. */
const assumedListSize = 10;

/** Parses a document of at most `maxTokens` tokens. @throws {QueryTooComplexError} for a longer one. */
export function parseWithinLimit(
  source: string | Source,
  maxTokens: number,
  options: ParseOptions = {},
): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens });
  } catch (error) {
    if (error instanceof Error && error.message.includes(`more that ${maxTokens} tokens`)) {
      throw new QueryTooComplexError(message('request.tooManyTokens', { limit: maxTokens }), {
        limit: maxTokens,
      });
    }
    throw error;
  }
}

/** Refuses documents that nest fields deeper than `maxDepth`. Fragments count where they are spread. */
export function depthRule(maxDepth: number): ValidationRule {
  return maxDepthRule({
    n: maxDepth,
    flattenFragments: true,
    propagateOnRejection: false,
    onReject: [
      () => {
        throw new QueryTooComplexError(message('request.tooDeep', { limit: maxDepth }), { limit: maxDepth });
      },
    ],
  });
}

/** What {@link assertAffordable} looks at. */
export interface AffordableQuery {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Adds up what a document costs: each object that it may load costs 1, so a page of 20 users with their
 * departments costs about 60. Plain values are free, and {@link costs} makes exceptions.
 * @throws {QueryTooComplexError} when it costs more than `maxComplexity`, or selects too many fields to tell.
 */
export function assertAffordable(query: AffordableQuery, maxComplexity: number): void {
  const complexity = addUp(query);
  if (complexity > maxComplexity) {
    throw new QueryTooComplexError(message('request.tooCostly', { complexity, limit: maxComplexity }), {
      complexity,
      limit: maxComplexity,
    });
  }
}

/**
 * The extension of a field that costs something else: a plain value that another database has to be asked for, or
 * objects that come with the one that they belong to.
 */
export function costs(complexity: number): { readonly complexity: number } {
  return { complexity };
}

function addUp({ schema, document, variables, operationName }: AffordableQuery): number {
  try {
    return getComplexity({
      schema,
      query: document,
      variables,
      ...(operationName === undefined ? {} : { operationName }),
      estimators: [estimateField],
      maxQueryNodes: maximumFields,
    });
  } catch (error) {
    if (error instanceof Error && error.message.includes('maximum allowed number of nodes')) {
      throw new QueryTooComplexError(message('request.tooManyFields', { limit: maximumFields }), {
        limit: maximumFields,
      });
    }
    throw error;
  }
}

const estimateField: ComplexityEstimator = ({ field, args, childComplexity }) => {
  const { complexity } = field.extensions;
  if (typeof complexity === 'number') return complexity + childComplexity;
  const type = getNamedType(field.type);
  if (!isCompositeType(type) || type.name.startsWith('__')) return 0;
  if (isObjectType(type) && type.name.endsWith('Connection')) {
    return 1 + childComplexity * pageSize(args);
  }
  if (!isListType(getNullableType(field.type)) || field.name === 'edges') return 1 + childComplexity;
  const size = Array.isArray(args.ids) ? args.ids.length : assumedListSize;
  return size * (1 + childComplexity);
};

function pageSize(args: Readonly<Record<string, unknown>>): number {
  const size = Number(args.first ?? args.last ?? defaultPageSize);
  // A size out of bounds is refused with a clearer error when the list is resolved.
  return Math.min(Math.max(1, size), maximumPageSize);
}
