import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** The mutations that begin or prolong a session with their own credential: a password or a refresh token. */
const signInFields: ReadonlySet<string> = new Set(['login', 'refreshToken']);

/**
 * Returns whether an operation of a valid document only signs in or refreshes. Every client's auth link sends the
 * access token with it; such a request needs none and must not enter that token's tenant. Fields that `@skip` leaves
 * out count.
 */
export function isSignIn(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  if (operation.operation !== OperationTypeNode.MUTATION) return false;
  const names = rootFieldNames(document, operation.selectionSet);
  names.delete('__typename');
  return names.size > 0 && [...names].every((name) => signInFields.has(name));
}

function rootFieldNames({ definitions }: DocumentNode, root: SelectionSetNode): Set<string> {
  const names = new Set<string>();
  const visited = new Set<SelectionSetNode>();
  const collect = (selectionSet: SelectionSetNode): void => {
    // A fragment may be spread very many times in a document.
    if (visited.has(selectionSet)) return;
    visited.add(selectionSet);
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else {
        for (const definition of definitions) {
          const isSpread =
            definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value;
          if (isSpread) collect(definition.selectionSet);
        }
      }
    }
  };
  collect(root);
  return names;
}
