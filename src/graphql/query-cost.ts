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
import { scanCost } from './costs.ts';
import { createIntrospectionMeter } from './introspection-size.ts';
import { isIndexedOrder } from './list-order.ts';
import { createFieldCollector } from './selected-fields.ts';

/** The assumed number of rows in a list without a page size. */
const assumedListSize = 10;

/** The cost of the statement that a root field of a query runs, besides the objects that it loads. */
const queryStatementCost = 10;

/** The cost of a mutation's root field: it runs several statements in a transaction, one change at a time. */
const mutationCost = 20;

/** One operation of a document, with the values of its variables. */
export interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As `getVariableValues` has coerced them. */
  readonly variables: Record<string, unknown>;
}

/** A part still to be added up: all selections on objects of one type at one place. */
interface Part {
  readonly type: GraphQLCompositeType;
  readonly selectionSets: readonly SelectionSetNode[];
  /** The possible number of objects at that place. */
  readonly objects: number;
  /** In a connection, the rows of its page. */
  readonly pageSize: number;
}

/**
 * Adds up the cost of an operation: each object that it may load costs 1, and each field that runs its own statement
 * costs extra, so a page of 20 users with their departments costs about 70. Plain values are free, unless an alias
 * repeats them; {@link costs} and {@link costsStatement} make exceptions. Introspection has a limit of its own.
 * Which variables can change the cost, and how, is in cost-variables.ts.
 * @throws {QueryTooComplexError} when it selects too many fields to add up, or asks for too long a description of the
 * schema.
 */
export function complexityOf({ schema, document, operation, variables }: PricedOperation): number {
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  // A loop rather than recursion, because documents may nest as deeply as the limits allow.
  const collectFields = createFieldCollector(schema, document, variables);
  const introspection = createIntrospectionMeter(schema, collectFields);
  const parts: Part[] = [{ type: root, selectionSets: [operation.selectionSet], objects: 1, pageSize: 1 }];
  let complexity = 0;
  for (let part = parts.pop(); part; part = parts.pop()) {
    const values = new Set<string>();
    for (const selected of collectFields(part.type, part.selectionSets)) {
      const { parent, node, selectionSets } = selected;
      const introspecting = part.type === root ? introspectionFields.get(node.name.value) : undefined;
      if (introspecting) introspection.add(selected, argumentsOf(introspecting, node, variables));
      const field = fieldOf(parent, node);
      const args = field ? argumentsOf(field, node, variables) : {};
      const { statement, each, size } = field
        ? priceOf(field, args, part.type === root ? operation : null)
        : free;
      const objects = field?.name === 'edges' ? part.objects * part.pageSize : part.objects;
      complexity += statement + objects * each;
      const type = field && getNamedType(field.type);
      if (isCompositeType(type)) {
        parts.push({ type, selectionSets, objects: objects * size, pageSize: pageSizeOf(args) });
      } else if (part.type !== root && statement + each === 0) {
        // The same value again and again makes the answer of a page as long as one likes.
        const value = `${parent.name}.${node.name.value}`;
        if (values.has(value)) complexity += objects;
        values.add(value);
      }
    }
  }
  return complexity;
}

const introspectionFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
  ['__schema', SchemaMetaFieldDef],
  ['__type', TypeMetaFieldDef],
]);

/** The cost of a field itself. */
interface Price {
  /** Once, however many parent objects there are. */
  readonly statement: number;
  /** For each parent object. */
  readonly each: number;
  /** The number of objects that the field leads to from each parent object. */
  readonly size: number;
}

/** The price of `__typename`, and of introspection, which has its own limit. */
const free: Price = { statement: 0, each: 0, size: 1 };

function priceOf(
  field: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
  operation: OperationDefinitionNode | null,
): Price {
  const { complexity, statement } = field.extensions;
  const isComposite = isCompositeType(getNamedType(field.type));
  const isPlainList = isListType(getNullableType(field.type)) && field.name !== 'edges' && isComposite;
  const size = isPlainList ? (Array.isArray(args.ids) ? args.ids.length : assumedListSize) : 1;
  return {
    statement:
      typeof statement === 'number'
        ? statement
        : operation
          ? rootPrice(operation, isComposite, scans(field, args))
          : 0,
    each: typeof complexity === 'number' ? complexity : isComposite ? size : 0,
    // A field with its own cost isn't a list of objects to be multiplied.
    size: typeof complexity === 'number' ? 1 : size,
  };
}

function rootPrice({ operation }: OperationDefinitionNode, isComposite: boolean, isScan: boolean): number {
  if (operation === OperationTypeNode.MUTATION) return mutationCost;
  if (!isComposite) return 0;
  return isScan ? scanCost : queryStatementCost;
}

const pageArguments: ReadonlySet<string> = new Set(['first', 'last', 'after', 'before']);

/** Returns whether a list has to look at rows that it doesn't show: at all of them, if nothing matches. */
function scans(
  { args: declared }: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
): boolean {
  return (
    declared.some(({ name }) => name === 'first') &&
    Object.entries(args).some(
      ([name, value]) =>
        value != null && !pageArguments.has(name) && !(name === 'orderBy' && isIndexedOrder(value)),
    )
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
    // The field will fail for the same reason, and load nothing.
    return {};
  }
}

function pageSizeOf(args: Readonly<Record<string, unknown>>): number {
  const size = Number(args.first ?? args.last ?? defaultPageSize);
  // A size out of bounds is refused with a clearer error when the list is resolved.
  return Math.min(Math.max(1, size), maximumPageSize);
}
