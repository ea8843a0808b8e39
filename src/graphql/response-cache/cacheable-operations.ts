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

/** Returns whether the answer to a document's operation depends only on the tenant's rows. */
export type IsCacheable = (document: DocumentNode, operationName: string | null) => boolean;

/**
 * Creates the check. It decides once per operation of a document, whatever the variables: fields that `@skip` leaves
 * out count, and so do all fragments.
 */
export function createCacheableCheck(schema: GraphQLSchema): IsCacheable {
  const decided = new WeakMap<DocumentNode, Map<string | null, boolean>>();
  return (document, operationName) => {
    let known = decided.get(document);
    if (!known) {
      known = new Map();
      decided.set(document, known);
    }
    const found = known.get(operationName);
    if (found !== undefined) return found;
    const cacheable = isCacheable(schema, document, operationName);
    // Clients may send any name, but a document has few operations.
    if (cacheable) known.set(operationName, true);
    return cacheable;
  };
}

function isCacheable(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): boolean {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return false;
  const query = schema.getQueryType();
  const types = new TypeInfo(schema);
  /** Introspection alone has no rows to read. */
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
      Argument() {
        const argument = types.getArgument();
        if (argument && isFromOutside(argument)) readsMore = true;
        return false;
      },
      // Nodes that need no visit.
      [Kind.DIRECTIVE]: () => false,
      [Kind.VARIABLE_DEFINITION]: () => false,
    }),
  );
  return readsRows && !readsMore;
}
