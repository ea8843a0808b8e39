import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** The nodes that select one field of an object; execution merges them. */
export type SelectedFields = ReadonlyMap<string, readonly FieldNode[]>;

/** Fragments by name, as graphql-js passes them to resolvers. */
export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/**
 * Collects the fields of an object by response key, in the order of graphql-js.
 * @returns null when a directive depends on a variable.
 */
export function collectFields(
  schema: GraphQLSchema,
  fragments: Fragments,
  type: GraphQLObjectType,
  nodes: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
): SelectedFields | null {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  let isStatic = true;

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      const isIncluded = decideDirectives(selection.directives ?? []);
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
function decideDirectives(directives: readonly DirectiveNode[]): boolean | null {
  for (const { name, arguments: args } of directives) {
    const value = args?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind !== Kind.BOOLEAN) return null;
    if (value.value === (name.value === 'skip')) return false;
  }
  return true;
}
