import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isCompositeType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';

/**
 * The limit of selections: fragments that spread each other can turn a few tokens into very many selections, each of
 * which takes time.
 */
const maximumSelections = 10_000;

/** A field, with all nodes that select it at one place. It is executed once. */
export interface SelectedField {
  readonly parent: GraphQLCompositeType;
  readonly node: FieldNode;
  /** The selections on its value, from all nodes. */
  readonly selectionSets: readonly SelectionSetNode[];
}

/** Returns the fields selected at one place, including those of fragments. */
export type FieldCollector = (
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
) => Iterable<SelectedField>;

/**
 * Creates the collector for one document.
 * @returns a function that throws {@link QueryTooComplexError} after too many selections in all.
 */
export function createFieldCollector(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
): FieldCollector {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  let selections = 0;

  return (type, selectionSets) => {
    const fields = new Map<
      string,
      { parent: GraphQLCompositeType; node: FieldNode; sets: SelectionSetNode[] }
    >();
    const spread = new Set<string>();
    const open = selectionSets.map((selectionSet) => ({ selectionSet, parent: type }));
    for (let next = open.pop(); next; next = open.pop()) {
      const { parent } = next;
      for (const selection of next.selectionSet.selections) {
        selections++;
        if (selections > maximumSelections) {
          throw new QueryTooComplexError(message('request.tooManyFields', { limit: maximumSelections }), {
            limit: maximumSelections,
          });
        }
        if (!isIncluded(selection, variables)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = `${parent.name}.${selection.alias?.value ?? selection.name.value}`;
          const field = fields.get(key) ?? { parent, node: selection, sets: [] };
          fields.set(key, field);
          if (selection.selectionSet) field.sets.push(selection.selectionSet);
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD && spread.has(selection.name.value)) continue;
        if (selection.kind === Kind.FRAGMENT_SPREAD) spread.add(selection.name.value);
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (!fragment) continue;
        const condition = fragment.typeCondition && typeFromAST(schema, fragment.typeCondition);
        open.push({
          selectionSet: fragment.selectionSet,
          parent: isCompositeType(condition) ? condition : parent,
        });
      }
    }
    return [...fields.values()].map(({ parent, node, sets }) => ({ parent, node, selectionSets: sets }));
  };
}

/** Returns whether a selection is not left out by `@skip` or `@include`. */
export function isIncluded(selection: SelectionNode, variables: Record<string, unknown>): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false
  );
}
