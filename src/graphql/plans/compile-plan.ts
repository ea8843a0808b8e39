import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import { decideScopes, type ScopeHolder, scopesGranted } from './declared-scopes.ts';
import { createFieldReader } from './field-reader.ts';
import { collectFields, type Fragments } from './field-selections.ts';
import { optionsOf } from './pothos-options.ts';
import { type FieldPlan, readLeaf, readList, readNonNull, readObjects, type ValueReader } from './readers.ts';

/** A field of the operation's root type. */
export interface RootFieldPlan {
  readonly key: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly read: ValueReader;
}

/** One operation, prepared for viewers with the same permissions. */
export interface OperationPlan {
  /** The response key of each `__typename` of the root, and a plan for every other field. */
  readonly fields: readonly (RootFieldPlan | { readonly key: string; readonly typename: string })[];
}

/** The input for compiling a plan, besides the operation. */
export interface PlanSource {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  readonly viewer: Viewer;
}

/**
 * Compiles a query for viewers who hold the permissions of `viewer`. Authorization is decided here, and each object of
 * the answer gets a reader.
 * @returns null when the query needs graphql-js and scope-auth: for a field that may be refused or has its own
 * resolver, an abstract type, arguments below the root, or directives with variables.
 */
export function compilePlan(
  source: PlanSource,
  root: GraphQLObjectType,
  operation: { readonly selectionSet: FieldNode['selectionSet'] },
): OperationPlan | null {
  const selected = collectFields(source.schema, source.fragments, root, [operation]);
  if (!selected) return null;
  const fields: OperationPlan['fields'][number][] = [];
  for (const [key, nodes] of selected) {
    const [first, ...others] = nodes;
    if (!first || key === '__proto__') return null;
    if (first.name.value === '__typename') {
      fields.push({ key, typename: root.name });
      continue;
    }
    const definition = root.getFields()[first.name.value];
    if (!definition?.resolve) return null;
    const granted = scopesGranted(optionsOf(definition).grantScopes);
    const read = compileValue(source, definition.type, nodes, { granted, path: [key] });
    if (!read) return null;
    fields.push({ key, nodes: [first, ...others], definition, read });
  }
  return { fields };
}

/** A place in the answer. */
interface Place {
  /** The scopes granted by the field that leads there. */
  readonly granted: readonly string[];
  /** The response path while there is exactly one such place and it is never null; otherwise null. */
  readonly path: readonly string[] | null;
}

function compileValue(
  source: PlanSource,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: Place,
): ValueReader | null {
  if (isNonNullType(type)) {
    const read = compileValue(source, type.ofType, nodes, place);
    return read && readNonNull(read);
  }
  if (isListType(type)) {
    const read = compileValue(source, type.ofType, nodes, { ...place, path: null });
    return read && readList(read);
  }
  if (isLeafType(type)) return readLeaf(type);
  return isObjectType(type) ? compileObject(source, type, nodes, place) : null;
}

function compileObject(
  source: PlanSource,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  place: Place,
): ValueReader | null {
  const holder: ScopeHolder = { viewer: source.viewer, granted: place.granted };
  const verdict = decideScopes(optionsOf(type).authScopes, holder);
  if (verdict === 'unclear') return null;
  const selected = collectFields(source.schema, source.fragments, type, nodes);
  if (!selected) return null;
  const fields: FieldPlan[] = [];
  for (const [key, fieldNodes] of selected) {
    // As a property of an object, it would not be a key.
    if (key === '__proto__') return null;
    const field = compileField(source, type, key, fieldNodes, holder, place);
    if (!field) return null;
    fields.push(field);
  }
  return readObjects(fields, verdict === 'allowed' ? null : verdict);
}

function compileField(
  source: PlanSource,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  holder: ScopeHolder,
  place: Place,
): FieldPlan | null {
  const [node] = nodes;
  if (!node) return null;
  if (node.name.value === '__typename') return { key, read: () => parent.name, deferred: null };
  const definition = parent.getFields()[node.name.value];
  if (!definition || definition.args.length > 0) return null;
  const options = optionsOf(definition);
  if (decideScopes(options.authScopes, holder) !== 'allowed') return null;
  const readField = createFieldReader(parent, definition);
  if (!readField) return null;
  const path = place.path && isNonNullType(definition.type) ? [...place.path, key] : null;
  const read = compileValue(source, definition.type, nodes, {
    granted: scopesGranted(options.grantScopes),
    path,
  });
  if (!read) return null;
  return {
    key,
    read: (parentRow, run) => {
      const value = readField(parentRow, run.context);
      return value instanceof Promise ? value : read(value, run);
    },
    deferred: path && { nodes, path, complete: read },
  };
}
