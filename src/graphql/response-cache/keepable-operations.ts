import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isFromOutside, isFromRows } from '../answer-sources.ts';

/** Returns whether the answer of a document's operation follows from the tenant's rows alone. */
export type IsKeepable = (document: DocumentNode, operationName: string | null) => boolean;

/**
 * Creates the check. It decides once for each operation of a document, whatever the variables: what `@skip` leaves out
 * counts, and so do all fragments.
 */
export function createKeepableCheck(schema: GraphQLSchema): IsKeepable {
  const decided = new WeakMap<DocumentNode, Map<string | null, boolean>>();
  return (document, operationName) => {
    let known = decided.get(document);
    if (!known) {
      known = new Map();
      decided.set(document, known);
    }
    const found = known.get(operationName);
    if (found !== undefined) return found;
    const keepable = isKeepable(schema, document, operationName);
    // Clients choose the name, and a document has few that exist.
    if (keepable) known.set(operationName, true);
    return keepable;
  };
}

function isKeepable(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return false;
  const query = schema.getQueryType();
  const types = new TypeInfo(schema);
  /** Nothing but introspection has no rows to wait for. */
  let readsRows = false;
  let readsMore = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      OperationDefinition: (node) => (node === operation ? undefined : false),
      Field({ name }) {
        const isIntrospection = name.value.startsWith('__');
        const field = types.getFieldDef();
        const parent = types.getParentType();
        if (!field || !parent) readsMore = true;
        else if (parent === query && !isIntrospection) {
          if (isFromRows(field)) readsRows = true;
          else readsMore = true;
        }
        if (field && (isFromOutside(field) || isFromOutside(getNamedType(field.type)))) readsMore = true;
        if (parent && isFromOutside(parent)) readsMore = true;
      },
      // What is not looked at.
      [Kind.DIRECTIVE]: () => false,
      [Kind.ARGUMENT]: () => false,
      [Kind.VARIABLE_DEFINITION]: () => false,
    }),
  );
  return readsRows && !readsMore;
}
