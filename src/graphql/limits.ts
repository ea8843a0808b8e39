import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  type DefinitionNode,
  type DocumentNode,
  Kind,
  Lexer,
  type ParseOptions,
  parse,
  Source,
  type Token,
  TokenKind,
  type ValidationRule,
  visit,
} from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';

/** The limits that a document must meet before it is executed. */
export interface QueryLimits {
  /** The maximum depth of nested fields; graphql-js itself limits that of introspection. */
  readonly depth: number;
  /** The maximum cost of a query: see query-cost.ts. */
  readonly complexity: number;
  /** Lexical tokens of the document. */
  readonly tokens: number;
}

/**
 * The maximum length of a name in a document. An answer repeats an alias for each row, and errors repeat the name of
 * their operation.
 */
const maximumNameLength = 256;

/**
 * The maximum nesting of anything in a document: fields, fragments, lists, objects, types. The parser and the
 * validation rules recurse for each level.
 */
const maximumNesting = 200;

/** The same for JSON, mainly for variables. JSON fields have their own limit, with a clearer message. */
export const maximumJsonNesting = 1_024;

/**
 * Parses a document of at most `maxTokens` tokens and a limited depth.
 * @throws {QueryTooComplexError} for a longer or deeper one, and for one with names that are too long.
 */
export function parseWithinLimit(
  source: string | Source,
  maxTokens: number,
  options: ParseOptions = {},
): DocumentNode {
  const text = typeof source === 'string' ? new Source(source) : source;
  const shallowTokens = countShallowTokens(text, maxTokens);
  const bound = Math.min(maxTokens, shallowTokens);
  let document: DocumentNode;
  try {
    document = parse(text, { ...options, maxTokens: bound });
  } catch (error) {
    if (error instanceof Error && error.message.includes(`more that ${bound} tokens`)) {
      throw bound < maxTokens ? tooNested(maximumNesting) : tooManyTokens(maxTokens);
    }
    throw error;
  }
  assertShallowFragments(document);
  return document;
}

/** Refuses documents that nest fields deeper than `maxDepth`. Fragments are counted where they are spread. */
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

/** Refuses JSON that nests arrays and objects too deeply. @throws {QueryTooComplexError} */
export function assertShallowJson(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    if (depth > maximumJsonNesting) throw tooNested(maximumJsonNesting);
  }
}

function tooNested(limit: number): QueryTooComplexError {
  return new QueryTooComplexError(message('request.tooNested', { limit }), { limit });
}

function nameTooLong(): QueryTooComplexError {
  const limit = maximumNameLength;
  return new QueryTooComplexError(message('request.nameTooLong', { limit }), { limit });
}

function tooManyTokens(limit: number): QueryTooComplexError {
  return new QueryTooComplexError(message('request.tooManyTokens', { limit }), { limit });
}

/**
 * Counts the tokens before the first one that is nested too deeply, so that the parser never reaches it; infinite
 * when there is none among the first `maxTokens`.
 */
function countShallowTokens(source: Source, maxTokens: number): number {
  const lexer = new Lexer(source);
  let depth = 0;
  for (let tokens = 0; tokens <= maxTokens; tokens++) {
    let token: Token;
    try {
      token = lexer.advance();
    } catch {
      // The parser reports invalid tokens; it will meet this one as well.
      return Number.POSITIVE_INFINITY;
    }
    const { kind, start, end } = token;
    if (kind === TokenKind.NAME && end - start > maximumNameLength) throw nameTooLong();
    if (kind === TokenKind.EOF) return Number.POSITIVE_INFINITY;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) depth++;
    else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) {
      depth--;
    }
    if (depth > maximumNesting) return tokens;
  }
  return Number.POSITIVE_INFINITY;
}

/** The depth of a definition's own selections, and the depth at which it spreads each fragment. */
interface Nesting {
  readonly own: number;
  readonly spreads: ReadonlyMap<string, number>;
}

/**
 * Refuses documents whose fragments spread each other too deeply, including the depth around each spread. Short cycles
 * are left to validation, which names them.
 */
function assertShallowFragments({ definitions }: DocumentNode): void {
  const fragments = new Map<string, Nesting>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, nestingOf(definition));
    }
  }
  const depths = depthsOf(fragments);
  for (const definition of definitions) {
    const nesting =
      definition.kind === Kind.FRAGMENT_DEFINITION
        ? fragments.get(definition.name.value)
        : nestingOf(definition);
    if (nesting && depthOf(nesting, depths) > maximumNesting) throw tooNested(maximumNesting);
  }
}

function nestingOf(definition: DefinitionNode): Nesting {
  const spreads = new Map<string, number>();
  let depth = 0;
  let own = 0;
  visit(definition, {
    SelectionSet: {
      enter() {
        depth++;
        own = Math.max(own, depth);
      },
      leave() {
        depth--;
      },
    },
    FragmentSpread({ name: { value: name } }) {
      spreads.set(name, Math.max(depth, spreads.get(name) ?? 0));
    },
  });
  return { own, spreads };
}

/** Returns the depth including all spread fragments, whose own depths are `depths`. */
function depthOf({ own, spreads }: Nesting, depths: ReadonlyMap<string, number>): number {
  return Math.max(own, ...[...spreads].map(([name, depth]) => depth + (depths.get(name) ?? 0)));
}

/**
 * Returns the depth of each fragment including the fragments that it spreads, innermost first. It loops, because
 * recursion is what has to be avoided here.
 */
function depthsOf(fragments: ReadonlyMap<string, Nesting>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const begun = new Set<string>();
  for (const first of fragments.keys()) {
    const open = [first];
    for (let name = open.at(-1); name !== undefined; name = open.at(-1)) {
      const nesting = fragments.get(name);
      if (nesting && !begun.has(name)) {
        begun.add(name);
        open.push(...[...nesting.spreads.keys()].filter((spread) => !begun.has(spread)));
        continue;
      }
      open.pop();
      if (nesting && !depths.has(name)) depths.set(name, depthOf(nesting, depths));
    }
  }
  return depths;
}
