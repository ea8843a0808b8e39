import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import { defaultPageSize, maximumPageSize } from './connections.ts';
import { scanCost, statementCost } from './costs.ts';
import { createIntrospectionMeter } from './introspection-size.ts';
import { isIndexedOrder } from './list-order.ts';
import { createFieldCollector } from './selected-fields.ts';

/**
 * Costs are added up in twentieths of the limit's unit, so that sums are exact. As measured, a twentieth stands for at
 * most 5 microseconds of CPU time, here and in the database together.
 */
const twentieths = 20;

/** In twentieths: a string, a number or any other scalar, for each object that has it. */
const valueCost = 1;

/**
 * In twentieths: an object of the answer, besides its values. A row of a page is two objects: the edge and the node.
 */
const objectCost = 2;

/** An id of `nodes`: each object is looked up separately. */
const lookUpCost = 1;

/** A field that an object already has under another name, because aliases could make an answer of any length. */
const repetitionCost = 1;

/** The cost of a mutation's root field, which runs several statements in a transaction. */
const mutationCost = 20;

/** The assumed number of objects in a list without a page size or a declared number. */
const assumedListSize = 10;

/** One operation of a document, with the values of its variables. */
export interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As `getVariableValues` has coerced them. */
  readonly variables: Record<string, unknown>;
}

/** A part still to be counted: all selections on objects of one type at one place. */
interface Part {
  readonly type: GraphQLCompositeType;
  readonly selectionSets: readonly SelectionSetNode[];
  /** The maximum number of objects at that place. */
  readonly objects: number;
  /** In a connection, the rows of its page. */
  readonly pageSize: number;
}

/**
 * Adds up the cost of an operation: a fixed price for each statement that it runs, and a little for each object and
 * each value that its answer may contain, because the work of the API and of the database is proportional to these. A
 * page of 20 users with their names costs 15: 10 for its statement, and 5 for 20 edges, users and names. Extensions of
 * fields (see costs.ts) declare extra costs. `__typename` is free, and introspection has its own limit. See
 * cost-variables.ts for the variables that can affect the cost.
 * @throws {QueryTooComplexError} when it selects too many fields to count, or too much introspection.
 */
export function complexityOf({ schema, document, operation, variables }: PricedOperation): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  // A loop rather than recursion, because documents may nest as deeply as the limits allow.
  const collectFields = createFieldCollector(schema, document, variables);
  const introspection = createIntrospectionMeter(schema, collectFields);
  const parts: Part[] = [{ type: root, selectionSets: [operation.selectionSet], objects: 1, pageSize: 1 }];
  let cost = 0;
  for (let part = parts.pop(); part; part = parts.pop()) {
    const isRoot = part.type === root;
    const shown = new Set<string>();
    for (const selected of collectFields(part.type, part.selectionSets)) {
      const { parent, node, selectionSets } = selected;
      const introspecting = isRoot ? introspectionFields.get(node.name.value) : undefined;
      if (introspecting) introspection.add(selected, argumentsOf(introspecting, node, variables));
      const field = fieldOf(parent, node);
      const args = field ? argumentsOf(field, node, variables) : {};
      const { once, each, size } = field ? priceOf(field, args, isRoot ? operation : null) : free;
      const objects = field?.name === 'edges' ? part.objects * part.pageSize : part.objects;
      cost += once + objects * each;
      const name = `${parent.name}.${node.name.value}`;
      if (!isRoot && shown.has(name)) cost += objects * repetitionCost * twentieths;
      shown.add(name);
      const type = field && getNamedType(field.type);
      if (isCompositeType(type)) {
        parts.push({ type, selectionSets, objects: objects * size, pageSize: pageSizeOf(args) });
      }
    }
  }
  return Math.ceil(cost / twentieths);
}

const introspectionFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
  ['__schema', SchemaMetaFieldDef],
  ['__type', TypeMetaFieldDef],
]);

/** The own cost of a field, in twentieths. */
interface Price {
  /** Once, whatever the number of parent objects. */
  readonly once: number;
  /** For each parent object. */
  readonly each: number;
  /** The number of objects that the field leads to from each parent object. */
  readonly size: number;
}

/** The price of `__typename`, and of introspection, which has its own limit. */
const free: Price = { once: 0, each: 0, size: 1 };

function priceOf(
  field: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
  rootOf: OperationDefinitionNode | null,
): Price {
  const { costsOnce, costsEach } = field.extensions;
  const isComposite = isCompositeType(getNamedType(field.type));
  const size = sizeOf(field, args);
  const once = typeof costsOnce === 'number' ? costsOnce : statementPrice(field, args, rootOf);
  const more = typeof costsEach === 'number' ? costsEach : lookUpsOf(args) * lookUpCost;
  return {
    once: once * twentieths,
    each: more * twentieths + (isComposite ? size * objectCost : valueCost),
    size,
  };
}

/** Returns the number of objects that a field leads to from each parent object. In a connection, the edges multiply. */
function sizeOf(field: GraphQLField<unknown, unknown>, args: Readonly<Record<string, unknown>>): number {
  const isPlainList =
    isListType(getNullableType(field.type)) &&
    field.name !== 'edges' &&
    isCompositeType(getNamedType(field.type));
  if (!isPlainList) return 1;
  if (isPaged(field)) return pageSizeOf(args);
  const { countsAs } = field.extensions;
  return typeof countsAs === 'number' ? countsAs : lookUpsOf(args) || assumedListSize;
}

function lookUpsOf({ ids }: Readonly<Record<string, unknown>>): number {
  return Array.isArray(ids) ? ids.length : 0;
}

/**
 * Returns the cost of a field's statement. Below the root only paged lists run one: it serves all parent objects, whose
 * rows are priced as objects. A field that runs one for each parent must declare so with {@link costs}.
 */
function statementPrice(
  field: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
  rootOf: OperationDefinitionNode | null,
): number {
  if (rootOf?.operation === OperationTypeNode.MUTATION) return mutationCost;
  if (isPaged(field)) return scans(args) ? scanCost : statementCost;
  return rootOf && isCompositeType(getNamedType(field.type)) ? statementCost : 0;
}

const pageArguments: ReadonlySet<string> = new Set(['first', 'last', 'after', 'before']);

function isPaged({ args }: GraphQLField<unknown, unknown>): boolean {
  return args.some(({ name }) => name === 'first');
}

/** Returns whether a paged list may have to read rows that it doesn't return: all of them, if nothing matches. */
function scans(args: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(args).some(
    ([name, value]) =>
      value != null && !pageArguments.has(name) && !(name === 'orderBy' && isIndexedOrder(value)),
  );
}

/** Undefined for introspection. */
function fieldOf(parent: GraphQLCompositeType, node: FieldNode): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
}

function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Record<string, unknown>,
): Readonly<Record<string, unknown>> {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    // The field will fail for the same reason and load nothing.
    return {};
  }
}

function pageSizeOf({ first, last }: Readonly<Record<string, unknown>>): number {
  const size =
    first == null && last == null ? defaultPageSize : Math.max(Number(first ?? 0), Number(last ?? 0));
  // Page sizes out of bounds are refused with a clearer error when the list is resolved.
  return Math.min(Math.max(1, size), maximumPageSize);
}
