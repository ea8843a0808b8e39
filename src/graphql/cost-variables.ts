import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * The part of a variable's value that can affect the cost of its operation: the whole value, the length of a list, or
 * only whether there is one.
 */
export type CostInfluence = 'value' | 'length' | 'presence';

/** Arguments whose whole value counts, wherever in it the variable is used: see query-cost.ts. */
const valueArguments: ReadonlySet<string> = new Set(['first', 'last', 'orderBy']);

const introspectionFields: ReadonlySet<string> = new Set(['__schema', '__type']);

/**
 * Returns the part of each variable that can affect the cost of a document's operations. A variable that affects
 * nothing is missing. In case of doubt, the whole value counts.
 */
export function findCostInfluences(
  schema: GraphQLSchema,
  document: DocumentNode,
): ReadonlyMap<string, CostInfluence> {
  const found = new Map<string, CostInfluence>();
  const add = (name: string, influence: CostInfluence): void => {
    const known = found.get(name) ?? influence;
    found.set(name, known === influence ? known : 'value');
  };
  const typeInfo = new TypeInfo(schema);
  let field: FieldNode | null = null;
  let inDirective = false;
  let argument = '';

  function influenceHere(isWholeArgument: boolean): CostInfluence {
    const isKnown = !inDirective && typeInfo.getInputType() !== undefined;
    if (!isKnown || field === null || introspectionFields.has(field.name.value)) return 'value';
    if (valueArguments.has(argument)) return 'value';
    return argument === 'ids' && isWholeArgument ? 'length' : 'presence';
  }

  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      VariableDefinition: () => false,
      Field(node) {
        field = node;
      },
      Directive: {
        enter() {
          inDirective = true;
        },
        leave() {
          inDirective = false;
        },
      },
      Argument({ name }) {
        argument = name.value;
      },
      Variable({ name }, _key, parent) {
        const isWholeArgument = parent !== undefined && 'kind' in parent && parent.kind === Kind.ARGUMENT;
        add(name.value, influenceHere(isWholeArgument));
      },
    }),
  );
  return found;
}
