import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** The nodes that select one field of an object; execution merges them. */
export type SelectedFields = ReadonlyMap<string, readonly FieldNode[]>;

/** Fragments by name, as graphql-js passes them to resolvers. */
export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** The fragments of a document. */
export function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter(isFragment);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

export function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION;
}

/**
 * Collects the fields of an object by response key, in the order of graphql-js.
 * @param decide returns whether a selection is included; null when that depends on a variable, as is the default.
 * @returns null when it could not be decided for a selection.
 */
export function collectFields(
  schema: GraphQLSchema,
  fragments: Fragments,
  type: GraphQLObjectType,
  nodes: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
  decide: (selection: SelectionNode) => boolean | null = decideDirectives,
): SelectedFields | null {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  let isStatic = true;

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      const isIncluded = decide(selection);
      if (isIncluded === null) isStatic = false;
      if (!isIncluded) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = fields.get(key);
        if (known) known.push(selection);
        else fields.set(key, [selection]);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (visited.has(selection.name.value)) continue;
        visited.add(selection.name.value);
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
      if (fragment && appliesTo(fragment.typeCondition?.name.value)) collect(fragment.selectionSet);
    }
  }

  function appliesTo(typeName: string | undefined): boolean {
    if (typeName === undefined || typeName === type.name) return true;
    const condition = schema.getType(typeName);
    return isAbstractType(condition) && schema.isSubType(condition, type);
  }

  for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet);
  return isStatic ? fields : null;
}

/** @returns null when it depends on a variable. */
function decideDirectives({ directives = [] }: SelectionNode): boolean | null {
  for (const { name, arguments: args } of directives) {
    const value = args?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind !== Kind.BOOLEAN) return null;
    if (value.value === (name.value === 'skip')) return false;
  }
  return true;
}
