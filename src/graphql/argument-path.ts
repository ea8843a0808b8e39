import { type ASTNode, type Token, TokenKind } from 'graphql';
import type { FieldProblem } from '../errors/index.ts';

type Path = FieldProblem['path'];

const openers: ReadonlySet<TokenKind> = new Set([TokenKind.PAREN_L, TokenKind.BRACKET_L, TokenKind.BRACE_L]);
const closers: ReadonlySet<TokenKind> = new Set([TokenKind.PAREN_R, TokenKind.BRACKET_R, TokenKind.BRACE_R]);

/** Returns the path of a value in a document, from its argument down; empty when it isn't in an argument. */
export function argumentPath(value: ASTNode): Path {
  return value.loc ? pathOf(value.loc.startToken) : [];
}

/** Returns the path of the argument, or of the field in it, where a variable is first used; empty when it is unused. */
export function variablePath(definition: ASTNode, name: string): Path {
  for (let token = definition.loc?.endToken.next; token; token = token.next) {
    if (token.kind !== TokenKind.DOLLAR || token.next?.value !== name) continue;
    if (token.next.next?.kind !== TokenKind.COLON) return pathOf(token);
  }
  return [];
}

function pathOf(start: Token): Path {
  const path: (string | number)[] = [];
  for (let value: Token | null = start; value; ) {
    const [name, colon]: (Token | null | undefined)[] = [value.prev?.prev, value.prev];
    const isNamed = colon?.kind === TokenKind.COLON && name?.kind === TokenKind.NAME;
    const { opener, before } = surroundings(isNamed ? name : value);
    if (isNamed) path.unshift(name.value);
    else if (opener?.kind === TokenKind.BRACKET_L) path.unshift(before);
    else return [];
    if (opener?.kind === TokenKind.PAREN_L) return path;
    value = opener;
  }
  return [];
}

/**
 * Returns the token that opens the value around another token, and the number of preceding values on the same level.
 */
function surroundings(token: Token): { readonly opener: Token | null; readonly before: number } {
  let depth = 0;
  let before = 0;
  for (let at = token.prev; at; at = at.prev) {
    if (closers.has(at.kind)) depth++;
    else if (openers.has(at.kind)) {
      if (depth === 0) return { opener: at, before };
      depth--;
    }
    // A variable is counted by its name, and an object by its opening brace.
    if (depth === 0 && at.kind !== TokenKind.DOLLAR && !closers.has(at.kind)) before++;
  }
  return { opener: null, before };
}
