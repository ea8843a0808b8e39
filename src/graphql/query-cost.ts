import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';
import { defaultPageSize, maximumPageSize } from './connections.ts';

/** Fragments that spread each other can turn few tokens into very many fields, and each takes time to add up. */
const maximumFields = 10_000;

/** The assumed number of rows in a list without a page size. */
const assumedListSize = 10;

/** The cost of the statement that a root field of a query runs, besides the objects that it loads. */
const queryStatementCost = 10;

/** The cost of a mutation's root field: it runs several statements in a transaction, one change at a time. */
const mutationCost = 20;

/** The input of {@link assertAffordable}. */
export interface AffordableQuery {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Adds up the cost of a document: each object that it may load costs 1, and each field that runs its own statement
 * costs extra, so a page of 20 users with their departments costs about 70. Plain values are free; {@link costs} and
 * {@link costsStatement} make exceptions. Introspection is bounded by graphql-js itself.
 * @throws {QueryTooComplexError} when it costs more than `maxComplexity`, or selects too many fields to add up.
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

/** A part still to be added up: all selections on objects of one type at one place. */
interface Part {
  readonly type: GraphQLCompositeType;
  readonly selectionSets: readonly SelectionSetNode[];
  /** The possible number of objects at that place. */
  readonly objects: number;
  /** In a connection, the rows of its page. */
  readonly pageSize: number;
}

/** A field, with all nodes that select it at one place; it is executed once. */
interface SelectedField {
  readonly parent: GraphQLCompositeType;
  readonly nodes: FieldNode[];
}

/** A loop rather than recursion, because documents may nest as deeply as the limits allow. */
function addUp({ schema, document, variables, operationName }: AffordableQuery): number {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!root) return 0;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  // Invalid variables; execution reports them.
  if (!coerced) return 0;

  const parts: Part[] = [{ type: root, selectionSets: [operation.selectionSet], objects: 1, pageSize: 1 }];
  let complexity = 0;
  let fields = 0;
  for (let part = parts.pop(); part; part = parts.pop()) {
    for (const { parent, nodes } of collectFields(schema, document, part, coerced)) {
      fields += nodes.length;
      if (fields > maximumFields) {
        throw new QueryTooComplexError(message('request.tooManyFields', { limit: maximumFields }), {
          limit: maximumFields,
        });
      }
      const [node] = nodes;
      const field = node && fieldOf(parent, node);
      if (!field) continue;
      const objects = field.name === 'edges' ? part.objects * part.pageSize : part.objects;
      const args = argumentsOf(field, node, coerced);
      const { statement, each, size } = priceOf(field, args, part.type === root ? operation : null);
      complexity += statement + objects * each;
      const type = getNamedType(field.type);
      if (!isCompositeType(type)) continue;
      const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      parts.push({ type, selectionSets, objects: objects * size, pageSize: pageSizeOf(args) });
    }
  }
  return complexity;
}

/** The cost of the field itself, once and per parent object, and the number of objects that it leads to from each. */
function priceOf(
  field: GraphQLField<unknown, unknown>,
  args: Readonly<Record<string, unknown>>,
  operation: OperationDefinitionNode | null,
): { statement: number; each: number; size: number } {
  const { complexity, statement } = field.extensions;
  const isComposite = isCompositeType(getNamedType(field.type));
  const isPlainList = isListType(getNullableType(field.type)) && field.name !== 'edges' && isComposite;
  const size = isPlainList ? (Array.isArray(args.ids) ? args.ids.length : assumedListSize) : 1;
  return {
    statement: typeof statement === 'number' ? statement : operation ? rootPrice(operation, isComposite) : 0,
    each: typeof complexity === 'number' ? complexity : isComposite ? size : 0,
    // A field with its own cost isn't a list of objects to be multiplied.
    size: typeof complexity === 'number' ? 1 : size,
  };
}

function rootPrice({ operation }: OperationDefinitionNode, isComposite: boolean): number {
  if (operation === OperationTypeNode.MUTATION) return mutationCost;
  return isComposite ? queryStatementCost : 0;
}

/** Collects the fields selected at one place, including those of fragments. */
function collectFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  part: Part,
  variables: Record<string, unknown>,
): Iterable<SelectedField> {
  const fields = new Map<string, SelectedField>();
  const spread = new Set<string>();
  const open = part.selectionSets.map((selectionSet) => ({ selectionSet, parent: part.type }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { parent } = next;
    for (const selection of next.selectionSet.selections) {
      if (!isIncluded(selection, variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = `${parent.name}.${selection.alias?.value ?? selection.name.value}`;
        const known = fields.get(key);
        if (known) known.nodes.push(selection);
        else fields.set(key, { parent, nodes: [selection] });
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD && spread.has(selection.name.value)) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD) spread.add(selection.name.value);
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(document, selection.name.value);
      if (!fragment) continue;
      const condition = fragment.typeCondition && typeFromAST(schema, fragment.typeCondition);
      open.push({
        selectionSet: fragment.selectionSet,
        parent: isCompositeType(condition) ? condition : parent,
      });
    }
  }
  return fields.values();
}

function fragmentOf(document: DocumentNode, name: string) {
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name) return definition;
  }
  return undefined;
}

function isIncluded(selection: SelectionNode, variables: Record<string, unknown>): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false
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
